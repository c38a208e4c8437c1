import type { RenderedText } from './markdown.js';

/** A text that becomes longer than this was made for it: references repeat what they name. */
export const LONGEST_HTML = 1_000_000;

/** What the worker answers. */
export type RenderingResult = RenderedText | { readonly refused: string };
