import { appendFileSync } from 'node:fs';

const POLL_INTERVAL_MS = 20;
const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Polls `condition` every 20 ms until it returns a value other than undefined and false, and returns that. Throws after
 * `timeoutMs` milliseconds. This is the only bounded wait of the tests, for effects that no response guarantees.
 */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  const begun = performance.now();
  const deadline = begun + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) {
      note(what, performance.now() - begun);
      return found;
    }
    if (performance.now() > deadline) throw new Error(`Timed out after ${timeoutMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS));
  }
}

/** Appends the length of each wait to the file in TEST_WAITS, if it is set. */
function note(what: string, milliseconds: number): void {
  const path = process.env['TEST_WAITS'];
  if (path) appendFileSync(path, `${JSON.stringify({ what, milliseconds: Math.round(milliseconds) })}\n`);
}
