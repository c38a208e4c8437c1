/** Runs in a thread of its own: whatever a text does to the renderer, the event loop of the process goes on. */
import { parentPort } from 'node:worker_threads';
import { LONGEST_HTML, RenderedTooLong, renderMarkdown } from './markdown.js';
import type { RenderingResult } from './rendering.js';

parentPort?.on('message', (markdown: string) => parentPort?.postMessage(render(markdown)));

function render(markdown: string): RenderingResult {
  try {
    return renderMarkdown(markdown);
  } catch (error) {
    if (!(error instanceof RenderedTooLong)) throw error;
    return { refused: `is longer than ${LONGEST_HTML} characters when it is rendered` };
  }
}
