import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { EntrySampler } from './sampler.js';
import { batchContext, contextOf, isSampled, linksTo } from '../trace-context.js';

const traceparent = (digit: string, flags: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;
const records = (ratio: number, parent = ROOT_CONTEXT, kind = SpanKind.INTERNAL) =>
  new EntrySampler(ratio).shouldSample(parent, 'a'.repeat(32), 'name', kind).decision ===
  SamplingDecision.RECORD_AND_SAMPLED;

describe('The sampler', () => {
  it('decides a new trace by the ratio', () => {
    expect(records(1)).toBe(true);
    expect(records(0)).toBe(false);
    const recorded = Array.from({ length: 1_000 }, () => records(0.5)).filter(Boolean).length;
    expect(recorded).toBeGreaterThan(300);
    expect(recorded).toBeLessThan(700);
  });

  it('lets what follows from a recorded span be recorded, and nothing that follows from another', () => {
    expect(records(0, contextOf(traceparent('a', '01')))).toBe(true);
    expect(records(1, contextOf(traceparent('a', '00')))).toBe(false);
  });

  it('decides a request by the ratio, although the gateway has cleared its flag', () => {
    expect(records(1, contextOf(traceparent('a', '00')), SpanKind.SERVER)).toBe(true);
    expect(records(0, contextOf(traceparent('a', '00')), SpanKind.SERVER)).toBe(false);
  });

  it('records a batch if one of its causes is recorded', () => {
    const mixed = batchContext([traceparent('a', '00'), traceparent('b', '01'), null]);
    expect(mixed && records(0, mixed)).toBe(true);
    expect(batchContext([traceparent('a', '00'), traceparent('b', '00'), null])).toBeUndefined();
    expect(batchContext([])).toBeUndefined();
  });
});

describe('A traceparent', () => {
  it.each([null, undefined, '', 'nonsense', traceparent('a', '00'), `${traceparent('a', '01')}-more`])(
    'that is %s names no recorded span',
    (value) => {
      expect(isSampled(value)).toBe(false);
      expect(linksTo([value])).toEqual([]);
    },
  );

  it('is linked to once, however often it is given', () => {
    expect(linksTo([traceparent('a', '01'), traceparent('b', '01'), traceparent('a', '01')])).toHaveLength(2);
  });
});
