import { appendFileSync } from 'node:fs';

const LOOK_AGAIN_MS = 20;
const LONGEST_WAIT_MS = 15_000;

/**
 * The one bounded wait of the tests, for effects on other people, which no answer can promise. Asks until `look` gives
 * something (neither undefined nor false), at most `longest` milliseconds.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  longest = LONGEST_WAIT_MS,
): Promise<T> {
  const begun = performance.now();
  const deadline = begun + longest;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) {
      note(what, performance.now() - begun);
      return found;
    }
    if (performance.now() > deadline) throw new Error(`It never came to this: ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}

/** For the report of a run that asks for it: how long each wait was. */
function note(what: string, milliseconds: number): void {
  const path = process.env['TEST_WAITS'];
  if (path) appendFileSync(path, `${JSON.stringify({ what, milliseconds: Math.round(milliseconds) })}\n`);
}
