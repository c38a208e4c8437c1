import { expect, it } from '@jest/globals';
import { readable } from './readable.js';

it('A line for people shows what was logged, and cannot be forged or control the terminal', () => {
  const written: string[] = [];
  const output = readable({ write: (text) => written.push(text) }, false);
  const line = {
    level: 'error',
    time: '2026-11-26T09:00:00.000Z',
    context: 'delivery',
    traceId: 'ab',
    stack: 'E\n  at x',
  };
  output.write(`${JSON.stringify({ ...line, msg: 'broken\n[09:00:01.000] INFO: forged\u001b]0;title\u0007' })}\n`);
  expect(written).toEqual([
    expect.stringMatching(
      /^\[\d\d:00:00\.000\] ERROR: delivery: broken\\n\[09:00:01\.000\] INFO: forged\\u001b\]0;title\\u0007 trace=ab\nE\n {2}at x\n$/,
    ),
  ]);
});
