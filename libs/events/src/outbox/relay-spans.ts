import { trace } from '@opentelemetry/api';
import { batchContext, contextOf, isSampled, isTracing, linksTo, newTrace, recordWait, withSpan } from '#telemetry';
import { isDetached } from '../consuming/delivery-spans.js';
import type { OutboxRecord } from './outbox.js';

/** Runs a relay's turn in a span. A turn that found no rows has none. */
export async function traceTurn<T>(service: string, rows: readonly OutboxRecord[], work: () => Promise<T>): Promise<T> {
  const causes = rows.map(({ traceparent }) => traceparent);
  const common = isTracing() ? batchContext(causes) : undefined;
  if (!common) return work();
  const parent = rows.some(isDetached) ? newTrace() : common;
  const attributes = { 'messaging.batch.message_count': rows.length };
  return withSpan(service, 'relay', { attributes, links: linksTo(causes) }, work, parent);
}

/** Spans for the time from an event until the turn that has published it, linked to that turn. */
export function traceWaitsInOutbox(
  service: string,
  rows: readonly OutboxRecord[],
  settled: readonly number[],
  until: number,
): void {
  const turn = isTracing() && trace.getActiveSpan();
  if (!turn) return;
  const links = [{ context: turn.spanContext() }];
  const positions = new Set(settled);
  for (const row of rows) {
    const { position, traceparent, time, topic, id } = row;
    if (!positions.has(position) || !isSampled(traceparent) || isDetached(row)) continue;
    const attributes = { 'messaging.destination.name': topic, 'messaging.message.id': id };
    const wait = { since: Date.parse(time), until };
    recordWait(service, 'wait in outbox', wait, contextOf(traceparent), { attributes, links });
  }
}
