import { writeSync } from 'node:fs';

/** Prints a line of a test's findings as it is, past the test runner's own way of showing output. */
export function report(line: string): void {
  writeSync(1, `${line}\n`);
}
