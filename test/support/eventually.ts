const LOOK_AGAIN_MS = 20;
const LONGEST_WAIT_MS = 15_000;

/**
 * The one bounded wait of the tests, for effects on other people, which no answer can promise. Asks until `look` gives
 * something (neither undefined nor false), at most 15 s.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`It never came to this: ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}
