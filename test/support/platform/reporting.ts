import { writeSync } from 'node:fs';

/** Writes a line directly to stdout, so that the test runner does not reformat it. */
export function report(line: string): void {
  writeSync(1, `${line}\n`);
}
