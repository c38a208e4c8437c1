import { expect, it } from '@jest/globals';
import { isoTime } from './iso-time.js';

it('A time in the log is what a date shows, from one second to another and back', () => {
  const begin = Date.UTC(2026, 1, 28, 23, 59, 59, 990);
  const times = [...Array.from({ length: 1_100 }, (_, n) => begin + n), begin - 86_400_000, begin];
  expect(times.map((each) => isoTime(each))).toEqual(times.map((each) => new Date(each).toISOString()));
});
