import slugify from '@sindresorhus/slugify';

export const HANDLE = /^[a-z0-9_]{3,30}$/;
const MAX_LENGTH = 30;

/** Route words that would be ambiguous as a handle, and misleading names. */
const reserved = new Set(
  (
    'me feed search status followers following follow posts users tags top ' +
    'admin administrator root system support twofold api null undefined'
  ).split(' '),
);

export function isReserved(handle: string): boolean {
  return reserved.has(handle);
}

/**
 * The handles to try for a new profile, in order; the sequence is infinite. First the requested handle, or one derived
 * from the display name, then the same with a numeric suffix.
 */
export function* candidates(requested: string | undefined, displayName: string): Generator<string> {
  const base = (requested ?? derived(displayName)).slice(0, MAX_LENGTH);
  if (!isReserved(base)) yield base;
  for (let number = 2; ; number = next(number)) yield `${base.slice(0, MAX_LENGTH - String(number).length)}${number}`;
}

function derived(displayName: string): string {
  const word = slugify(displayName, { separator: '_', decamelize: false }).slice(0, 20);
  return word.length >= 3 ? word : `user_${word}`.replace(/_$/, '');
}

/** Counts by 1 up to 10, then by random steps that grow with the number, so that a popular name needs few attempts. */
function next(number: number): number {
  return number < 10 ? number + 1 : number + 1 + Math.floor(Math.random() * number * 9);
}
