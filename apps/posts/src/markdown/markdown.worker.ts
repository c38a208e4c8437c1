/** Worker thread of MarkdownRenderer: an expensive text does not block the event loop of the main thread. */
import { parentPort } from 'node:worker_threads';
import { MAX_HTML_LENGTH, RenderedTooLong, renderMarkdown } from './markdown.js';
import type { RenderingResult } from './rendering.js';

parentPort?.on('message', (markdown: string) => parentPort?.postMessage(render(markdown)));

function render(markdown: string): RenderingResult {
  try {
    return renderMarkdown(markdown);
  } catch (error) {
    if (!(error instanceof RenderedTooLong)) throw error;
    return { refused: `is longer than ${MAX_HTML_LENGTH} characters when it is rendered` };
  }
}
