/** Runs the checks of a test that is a program of its own: a line for each, and a summary that CI counts. */
export class Checks {
  private passed = 0;
  failed = 0;

  /** Runs one check, which throws if it fails, and may return what it has found. Never throws. */
  async run(what: string, look: () => Promise<string | void>): Promise<void> {
    try {
      const found = await look();
      this.passed++;
      process.stdout.write(`ok      ${what}${found ? `: ${found}` : ''}\n`);
    } catch (error) {
      this.failed++;
      process.stdout.write(`FAILED  ${what}\n${(error as Error).message}\n`);
    }
  }

  /** Prints the numbers after `word`. Returns the exit code. */
  summarize(word: string): 0 | 1 {
    process.stdout.write(`${word}: ${this.passed} passed, ${this.failed} failed\n`);
    return this.failed > 0 ? 1 : 0;
  }
}
