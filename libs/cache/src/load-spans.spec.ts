import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newTrace, withSpan } from '#telemetry';
import { cacheOn } from '../../../test/support/cache.js';
import { type RecordedSpans, recordSpans } from '../../../test/support/tracing/recorded-spans.js';

let spans: RecordedSpans;

beforeAll(() => {
  spans = recordSpans();
});

afterAll(() => spans.stop());

it('A reader that waits for the load of another one has a span for it, linked to that reader', async () => {
  const cache = cacheOn();
  const load = async () => {
    await turn();
    return 'loaded';
  };
  const read = (name: string) => withSpan('posts', name, {}, () => cache.read('key', load), newTrace());
  expect(await Promise.all([read('first'), read('second'), read('third')])).toEqual(['loaded', 'loaded', 'loaded']);
  await read('later');

  const all = spans.take();
  const idOf = (name: string) => all.find((span) => span.name === name)?.spanContext().spanId;
  const waits = all.filter(({ name }) => name === 'wait for a load');
  expect(waits.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([idOf('second'), idOf('third')]);
  for (const { links } of waits) expect(links.map(({ context }) => context.spanId)).toEqual([idOf('first')]);
});
