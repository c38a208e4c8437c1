import slugify from '@sindresorhus/slugify';

const LONGEST = 80;
const ID_DIGITS = 8;

/** A readable address that needs no look-up to be unique: the title, and the random end of the id. Never changes. */
export function slugOf(title: string, id: string): string {
  return `${wordsOf(title) || 'post'}-${id.slice(-ID_DIGITS)}`;
}

/** The words of a text as they may stand in an address; nothing if it has none in Latin letters. */
export function wordsOf(text: string): string {
  return slugify(text, { decamelize: false }).slice(0, LONGEST).replace(/-+$/, '');
}

export function isSlug(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}
