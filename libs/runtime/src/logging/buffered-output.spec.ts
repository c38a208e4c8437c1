import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BufferedOutput } from './buffered-output.js';

describe('Buffered output', () => {
  let written: string[];
  let output: BufferedOutput;

  beforeEach(() => {
    jest.useFakeTimers();
    written = [];
    output = new BufferedOutput({ write: (bytes) => written.push(Buffer.from(bytes).toString()) });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('writes lines together, a quarter of a second after the first', () => {
    output.write('a\n');
    jest.advanceTimersByTime(200);
    output.write('b\n');
    expect(written).toEqual([]);
    jest.advanceTimersByTime(50);
    expect(written).toEqual(['a\nb\n']);
    output.write('c\n');
    jest.advanceTimersByTime(250);
    expect(written).toEqual(['a\nb\n', 'c\n']);
  });

  it('writes at once when it is flushed, and each line once', () => {
    output.write('a\n');
    output.flush();
    expect(written).toEqual(['a\n']);
    output.flush();
    jest.advanceTimersByTime(1_000);
    expect(written).toEqual(['a\n']);
  });

  it('does not grow', () => {
    const line = `${'x'.repeat(999)}\n`;
    for (let n = 0; n < 100; n++) output.write(line);
    expect(written.length).toBe(3);
    output.flush();
    expect(written.join('')).toBe(line.repeat(100));
  });

  it('keeps every character of a line, however long the line is', () => {
    const lines = ['short\n', `${'ж€😀'.repeat(10_000)}\n`, 'after\n'];
    for (const line of lines) output.write(line);
    output.flush();
    expect(written.join('')).toBe(lines.join(''));
  });
});
