import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

const FAILED = 2;
/** Of one span; a whole trace takes longer if its handler begins later. */
const SPAN_MS = 40;

export interface MadeTrace {
  readonly id: string;
  /** Milliseconds from the begin of its request to that of its handler. */
  readonly pause: number;
  /** Whether its handler fails. */
  readonly failed: boolean;
}

/** Traces with the same ids in every run: a sampler may decide by the id. */
export function makeTraces(kind: string, count: number, { pause = 10, failed = false } = {}): MadeTrace[] {
  return Array.from({ length: count }, (_, n) => ({ id: hashOf(`${kind} ${n}`).slice(0, 32), pause, failed }));
}

/** Sends both spans of each trace, as two services would. */
export async function sendTraces(endpoint: string, traces: readonly MadeTrace[]): Promise<void> {
  await post(
    endpoint,
    'posts',
    traces.map((each) => spanOf(each, 'request')),
  );
  await post(
    endpoint,
    'notifications',
    traces.map((each) => spanOf(each, 'handler', { after: each.pause, failed: each.failed })),
  );
}

/** Sends one more span of each trace. */
export async function sendLateSpans(endpoint: string, traces: readonly MadeTrace[], failed = false): Promise<void> {
  await post(
    endpoint,
    'notifications',
    traces.map((each) => spanOf(each, 'retry', { after: each.pause, failed })),
  );
}

function spanOf({ id }: MadeTrace, name: string, { after = 0, failed = false } = {}) {
  const startsAt = BEGIN + after;
  const idOf = (span: string) => hashOf(`${id} ${span}`).slice(0, 16);
  return {
    traceId: id,
    spanId: idOf(name),
    ...(name === 'request' ? {} : { parentSpanId: idOf('request') }),
    name,
    kind: 1,
    startTimeUnixNano: nanoseconds(startsAt),
    endTimeUnixNano: nanoseconds(startsAt + SPAN_MS),
    ...(failed ? { status: { code: FAILED } } : {}),
  };
}

const BEGIN = Date.now();

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`;
}

/** OTLP over HTTP. When this resolves, Jaeger's pipeline has the spans. */
async function post(endpoint: string, service: string, spans: readonly object[]): Promise<void> {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const response = await fetch(`${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
  assert.equal(response.status, 200, await response.text());
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
