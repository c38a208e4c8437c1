import type { RenderedText } from './markdown.js';

/** What the worker answers. */
export type RenderingResult = RenderedText | { readonly refused: string };
