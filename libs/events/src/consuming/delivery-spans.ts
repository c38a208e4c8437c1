import { context, createContextKey, type Span, SpanKind, trace } from '@opentelemetry/api';
import {
  batchContext,
  contextOf,
  contextWith,
  failSpan,
  failSpanAs,
  isPast,
  isSampled,
  isTracing,
  linksTo,
  newTrace,
  recordWait,
  tracerOf,
  traceparentOf,
  untraced,
} from '#telemetry';
import type { EventRecord } from '../event.js';
import type { Delivered } from './inbox.js';
import type { ParkedEvent } from './parked.js';

/** The delivery of a batch to one service. */
interface Batch {
  readonly service: string;
  readonly startedAt: number;
  readonly span: Span;
  /** Spans of handlers whose transaction has not ended: only then their outcome is known. */
  readonly pending: { readonly span: Span; readonly endedAt: number; readonly failed: boolean }[];
}

const BATCH = createContextKey('twofold batch');

function currentBatch(): Batch | undefined {
  return context.active().getValue(BATCH) as Batch | undefined;
}

/** Whether an event does not belong into the trace of its cause any longer. */
export function isDetached({ replayed, time }: Pick<EventRecord, 'replayed' | 'time'>): boolean {
  return replayed === true || isPast(new Date(time));
}

/**
 * Delivers a batch in a span that holds its statements: in the trace of its events if they have one in common,
 * otherwise in one of its own that is linked to theirs. See docs/decisions/0019-spans-at-our-own-seams.md.
 */
export async function traceBatch<T>(
  service: string,
  records: readonly EventRecord[],
  work: () => Promise<T>,
): Promise<T> {
  const causes = records.map(({ traceparent }) => traceparent);
  if (!isTracing()) return work();
  const common = batchContext(causes);
  // Not in the span of the relay that delivers in process: it belongs to other events.
  if (!common) return untraced(work);
  const parent = records.some(isDetached) ? newTrace() : common;
  const attributes = { 'messaging.batch.message_count': records.length };
  const span = tracerOf(service).startSpan('deliver', { attributes, links: linksTo(causes) }, parent);
  const batch: Batch = { service, startedAt: Date.now(), span, pending: [] };
  try {
    return await context.with(contextWith(span, service, parent).setValue(BATCH, batch), work);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    endPending(batch, true);
    span.end();
  }
}

/** Delivers a parked event again: as `traceBatch`, with a span for its wait. */
export async function traceRetry<T>(service: string, claim: ParkedEvent, work: () => Promise<T>): Promise<T> {
  const { record, waitingSince } = claim;
  if (isTracing() && isSampled(record.traceparent) && !isDetached(record)) {
    const wait = { since: waitingSince.getTime() };
    const attributes = { 'messaging.consumer.group.name': claim.consumer, 'twofold.attempt': claim.attempts };
    recordWait(service, 'wait for retry', wait, contextOf(record.traceparent), { attributes });
  }
  waited.add(record);
  return traceBatch(service, [record], work);
}

/** Runs one transaction of a batch: when it is rolled back, so are the effects of its handlers. */
export async function traceTransaction<T>(transaction: () => Promise<T>): Promise<T> {
  const batch = currentBatch();
  if (!batch) return transaction();
  let committed = false;
  try {
    const result = await transaction();
    committed = true;
    return result;
  } finally {
    endPending(batch, committed);
  }
}

function endPending({ pending }: Batch, committed: boolean): void {
  for (const { span, endedAt, failed } of pending.splice(0)) {
    if (!committed && !failed) span.setAttribute('twofold.rolled_back', true);
    span.end(endedAt);
  }
}

/** Spans for the time that these events of the current batch have spent in their topic. */
export function traceWaits(items: readonly Delivered[]): void {
  const batch = currentBatch();
  if (batch) for (const { record } of items) recordWaitInTopic(batch, record);
}

/**
 * Runs a handler on these events. Each has a span of its own, a child of the span that emitted the event. `work` gets
 * the traceparent for what it causes: of the event's span, or for several events of the batch.
 */
export async function traceProcessing(
  items: readonly Delivered[],
  work: (traceparent: string | null) => Promise<void>,
  fault?: string,
): Promise<void> {
  const batch = currentBatch();
  const sampled = batch ? items.filter(({ record }) => isSampled(record.traceparent)) : [];
  if (!batch || sampled.length === 0) return work(commonTraceparent(items));
  const spans = sampled.map((item) => startProcessing(batch, item));
  if (fault) for (const each of spans) failSpanAs(each, fault);
  const [first = batch.span] = spans;
  const span = items.length === 1 ? first : batch.span;
  let failed = true;
  try {
    await context.with(trace.setSpan(context.active(), span), () => work(traceparentOf(span)));
    failed = false;
  } catch (error) {
    for (const each of spans) failSpan(each, error);
    throw error;
  } finally {
    batch.pending.push(...spans.map((each) => ({ span: each, endedAt: Date.now(), failed })));
  }
}

/** As `traceProcessing`, for an event that no handler can get, which becomes a dead letter. */
export async function traceFault(item: Delivered, fault: string, deadLetter: () => Promise<void>): Promise<void> {
  await traceProcessing([item], deadLetter, fault.split(':')[0]);
}

/** Several events have a trace in common only if they were emitted together. */
function commonTraceparent(items: readonly Delivered[]): string | null {
  const [first = null, ...others] = new Set(items.map(({ record }) => record.traceparent));
  return others.length === 0 ? first : null;
}

function startProcessing({ service, span }: Batch, { consumer, record }: Delivered): Span {
  const { id, type, topic, key, sequence, origin, traceparent } = record;
  const [, partition, offset] = /\/(\d+)@(\d+)$/.exec(origin ?? '') ?? [];
  const detached = isDetached(record);
  return tracerOf(service).startSpan(
    `process ${topic}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': partition === undefined ? 'twofold' : 'kafka',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.message.id': id,
        'messaging.consumer.group.name': consumer.name,
        'messaging.kafka.message.key': key,
        'twofold.event.type': type,
        'twofold.event.sequence': sequence,
        ...(partition === undefined
          ? {}
          : { 'messaging.destination.partition.id': partition, 'messaging.kafka.offset': Number(offset) }),
      },
      links: [{ context: span.spanContext() }, ...(detached ? linksTo([traceparent]) : [])],
    },
    detached ? context.active() : contextOf(traceparent),
  );
}

/** Events whose wait has been recorded: they may be delivered repeatedly, and to several consumers. */
const waited = new WeakSet<EventRecord>();

function recordWaitInTopic({ service, startedAt }: Batch, record: EventRecord): void {
  const { sentAt, topic, traceparent } = record;
  if (sentAt === undefined || waited.has(record) || !isSampled(traceparent) || isDetached(record)) return;
  waited.add(record);
  const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': topic };
  recordWait(service, 'wait in topic', { since: sentAt, until: startedAt }, contextOf(traceparent), { attributes });
}
