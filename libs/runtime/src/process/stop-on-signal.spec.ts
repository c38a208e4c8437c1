import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '#database';

/** Runs `lines` in a process that waits for a signal, and returns what it printed until it ended. */
const printedBy = (...lines: string[]) =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      [
        `import { stopOnSignal } from './dist/libs/runtime/src/process/stop-on-signal.js';`,
        `const closers = [() => console.log('first'), () => console.log('second')];`,
        `const signals = stopOnSignal(closers, { print: () => undefined });`,
        `const ending = setTimeout(() => process.exit(3), 30_000);`,
        ...lines,
      ].join('\n'),
    ],
    { cwd: packageRoot(), encoding: 'utf8' },
  );

const SIGNAL = `process.kill(process.pid, 'SIGTERM');`;
const HAND_OVER = `signals.handOver(async () => console.log('stopped'));`;

describe('A signal', () => {
  it('during the start closes what has been opened, the latest first', () => {
    expect(printedBy(SIGNAL)).toBe('second\nfirst\n');
  });

  it('that has come just before the start is complete is not lost', () => {
    expect(printedBy(SIGNAL, HAND_OVER)).toBe('stopped\n');
  });

  it('that comes a second time changes nothing', () => {
    expect(printedBy(HAND_OVER, SIGNAL, `process.kill(process.pid, 'SIGINT');`)).toBe('stopped\n');
  });
});
