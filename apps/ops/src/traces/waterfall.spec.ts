import { describe, expect, it } from '@jest/globals';
import type { TraceSpan } from '#telemetry';
import { waterfall } from './waterfall.js';

const span = (id: string, parentId: string, from: number, to: number, more: Partial<TraceSpan> = {}): TraceSpan => ({
  service: 'posts',
  traceId: 'a'.repeat(32),
  id,
  parentId,
  name: id,
  kind: 1,
  attributes: {},
  links: [],
  failed: false,
  startedAt: 1_000 + from,
  endedAt: 1_000 + to,
  ...more,
});

const spans = [
  span('request', 'client', 0, 20, { attributes: { 'http.response.status_code': 201 } }),
  span('handle', 'request', 60, 100, {
    service: 'notifications',
    attributes: { 'messaging.consumer.group.name': 'notifications.fan-out', 'error.type': 'TypeError' },
    failed: true,
    links: [
      { traceId: 'a'.repeat(32), spanId: 'wait in outbox' },
      { traceId: 'b'.repeat(32), spanId: 'elsewhere' },
    ],
  }),
  span('wait in outbox', 'request', 20, 60),
];

describe('The waterfall of a trace', () => {
  const [title, , ...lines] = waterfall(spans, false);

  it('begins with its id, its length and its services', () => {
    expect(title).toBe(`trace ${'a'.repeat(32)}: 3 spans, 100.0 ms, posts, notifications`);
  });

  it('shows each span below its parent, in the order of time', () => {
    expect(lines.map((line) => line.slice(0, 40).trimEnd())).toEqual([
      'posts          request 201',
      'posts            wait in outbox',
      'notifications    handle notifications.fa',
    ]);
  });

  it('shows what ran, what waited and what failed', () => {
    expect(lines.map((line) => line.replace(/[^█░×]/g, '')[0])).toEqual(['█', '░', '×']);
    expect(lines.map((line) => line.match(/[█░×]/g)?.length)).toEqual([7, 15, 14]);
  });

  it('names what a span is linked to', () => {
    expect(lines[2]).toMatch(new RegExp(`→ wait in outbox, trace ${'b'.repeat(32)}$`));
  });

  it('has no colours unless they are asked for', () => {
    const escape = String.fromCharCode(27);
    expect(lines.join('')).not.toContain(escape);
    expect(waterfall(spans, true).join('')).toContain(escape);
  });
});
