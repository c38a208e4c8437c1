import { expect, it } from '@jest/globals';
import type { TraceSpan } from '#telemetry';
import { countsIn } from './counts.js';
import { throughputOf } from './saturation.js';

const span = (kind: number, attributes: Record<string, unknown> = {}): TraceSpan => ({
  service: 's',
  traceId: 't',
  id: 'i',
  parentId: '',
  name: 'n',
  kind,
  attributes,
  links: [],
  failed: false,
  startedAt: 0,
  endedAt: 1,
});

it('Counts are per operation, of which twenty were sent; the request of the client is no hop', () => {
  const one = [
    span(2),
    span(2),
    span(3, { 'db.system.name': 'postgresql' }),
    span(3, { 'db.system.name': 'redis' }),
    span(3, { 'messaging.operation.type': 'send' }),
    span(5, { 'messaging.operation.type': 'process' }),
    span(1),
  ];
  const spans = Array.from({ length: 20 }, () => one).flat();
  expect(countsIn(spans)).toEqual({ spans: 7, statements: 1, redis: 1, batches: 1, handled: 1, hops: 1 });
});

it('The throughput is the highest rate that met the objective, though a lower one has missed it by chance', () => {
  const step = (rate: number, met: boolean) => ({ rate, readsP99: 1, writesP99: 1, failed: 0, met });
  expect(throughputOf([step(200, true), step(250, false), step(250, true), step(313, false), step(313, false)])).toBe(
    250,
  );
  expect(throughputOf([step(200, false)])).toBe(0);
});
