/** Runs in a thread of its own: whatever a text does to the renderer, the event loop of the process goes on. */
import { parentPort } from 'node:worker_threads';
import { renderMarkdown } from './markdown.js';
import { LONGEST_HTML, type RenderingResult } from './rendering.js';

parentPort?.on('message', (markdown: string) => parentPort?.postMessage(render(markdown)));

function render(markdown: string): RenderingResult {
  const { html, mentions } = renderMarkdown(markdown);
  if (html.length > LONGEST_HTML) return { refused: `is longer than ${LONGEST_HTML} characters when it is rendered` };
  return { html, mentions };
}
