import { SpanKind } from '@opentelemetry/api';
import { isTracing, linksTo, withSpan } from '#telemetry';
import type { OutboxRecord } from '../outbox/outbox.js';

/** Sends a request to the broker in a span that is linked to the cause of each of its events. */
export async function traceSend<T>(records: readonly OutboxRecord[], send: () => Promise<T>): Promise<T> {
  const [first] = records;
  if (!isTracing() || !first) return send();
  const topics = [...new Set(records.map(({ topic }) => topic))];
  const [only] = topics.length === 1 ? topics : [];
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.batch.message_count': records.length,
    ...(only ? { 'messaging.destination.name': only } : {}),
  };
  const links = linksTo(records.map(({ traceparent }) => traceparent));
  // The service that emits an event is the first part of its type.
  const service = first.type.split('.')[0] ?? '';
  return withSpan(service, only ? `send ${only}` : 'send', { kind: SpanKind.CLIENT, attributes, links }, send);
}
