import slugify from '@sindresorhus/slugify';

const LONGEST = 80;
const ID_DIGITS = 8;

/** A readable address that needs no look-up to be unique: the title, and the random end of the id. Never changes. */
export function slugOf(title: string, id: string): string {
  const words = slugify(title, { decamelize: false }).slice(0, LONGEST).replace(/-+$/, '');
  return `${words || 'post'}-${id.slice(-ID_DIGITS)}`;
}

export function isSlug(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}
