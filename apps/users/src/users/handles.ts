import slugify from '@sindresorhus/slugify';

export const HANDLE = /^[a-z0-9_]{3,30}$/;
const LONGEST = 30;

/** Words that routes use where a handle could stand, and names that would mislead. */
const reserved = new Set(
  (
    'me feed search followers following follow posts users tags top ' +
    'admin administrator root system support twofold api null undefined'
  ).split(' '),
);

export function isReserved(handle: string): boolean {
  return reserved.has(handle);
}

/** The handles to try for a new profile, best first, without end: the wish or what the name gives, then with a number. */
export function* candidates(wish: string | undefined, displayName: string): Generator<string> {
  const base = (wish ?? derived(displayName)).slice(0, LONGEST);
  if (!isReserved(base)) yield base;
  for (let number = 2; ; number = next(number)) yield `${base.slice(0, LONGEST - String(number).length)}${number}`;
}

function derived(displayName: string): string {
  const word = slugify(displayName, { separator: '_', decamelize: false }).slice(0, 20);
  return word.length >= 3 ? word : `user_${word}`.replace(/_$/, '');
}

/** Single steps at first; a popular name would make them many, so they grow at random. */
function next(number: number): number {
  return number < 10 ? number + 1 : number + 1 + Math.floor(Math.random() * number * 9);
}
