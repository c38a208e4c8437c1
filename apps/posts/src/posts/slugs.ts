import slugify from '@sindresorhus/slugify';

const MAX_LENGTH = 80;
const ID_DIGITS = 8;

/** A readable slug that is unique without a look-up: the title and the random end of the id. Never changes. */
export function slugOf(title: string, id: string): string {
  return `${wordsOf(title) || 'post'}-${id.slice(-ID_DIGITS)}`;
}

/** The words of a text in URL-safe form; empty if it has none in Latin letters. */
export function wordsOf(text: string): string {
  return slugify(text, { decamelize: false }).slice(0, MAX_LENGTH).replace(/-+$/, '');
}

export function isSlug(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}
