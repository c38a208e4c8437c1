import type { RenderedText } from './markdown.js';

/** Reply of the worker: the rendered text, or the reason why it was refused. */
export type RenderingResult = RenderedText | { readonly refused: string };
