import { setTimeout as delay } from 'node:timers/promises';
import type { TraceSpan } from '#telemetry';
import { allDelivered } from '../../support/platform/all-delivered.js';
import { type Collector } from '../../support/tracing/collector.js';
import { operations } from '../load/mix.js';
import type { Sender } from '../load/sender.js';
import type { Running } from '../subjects/running.js';

/** What one operation takes on average, with all its effects on others, from the traces. */
export interface Counts {
  readonly spans: number;
  /** Statements sent to Postgres, `begin` and `commit` included. */
  readonly statements: number;
  /** Commands sent to Redis. */
  readonly redis: number;
  /** Batches of events sent to Kafka. */
  readonly batches: number;
  /** Events handled by a consumer. */
  readonly handled: number;
  /** Requests that one of our processes sent to another. */
  readonly hops: number;
}

/** Each operation is sent as often, one request after the other. */
const TIMES = 20;
const RATE = 20;
/** The first read of a post by its slug finds its id, the second one fills the cache. */
const WARM_UPS = 3;
/** Spans arrive at least as often. */
const QUIET_MS = 1_500;
const [SERVER, CONSUMER] = [2, 5];

/** Sends each operation alone, when the caches are filled. */
export async function countsOf(
  running: Running,
  sender: Sender,
  collector: Collector,
): Promise<Record<string, Counts>> {
  const counted: Record<string, Counts> = {};
  for (const { name } of operations) {
    const send = (seed: number) =>
      sender.send({ field: running.field, rate: RATE, seconds: TIMES / RATE, seed, only: [name] });
    for (let time = 0; time < WARM_UPS; time++) await send(1);
    await settled(running, collector);
    const before = collector.spans.length;
    await send(1);
    await settled(running, collector);
    counted[name] = countsIn(collector.spans.slice(before));
  }
  return counted;
}

async function settled({ platform }: Running, { spans }: Collector): Promise<void> {
  await allDelivered(platform);
  for (let known = -1; known !== spans.length;) {
    known = spans.length;
    await delay(QUIET_MS);
  }
}

export function countsIn(spans: readonly TraceSpan[]): Counts {
  const number = (matches: (span: TraceSpan) => boolean) => spans.filter(matches).length / TIMES;
  const system = (name: string) => (span: TraceSpan) => span.attributes['db.system.name'] === name;
  return {
    spans: number(() => true),
    statements: number(system('postgresql')),
    redis: number(system('redis')),
    batches: number(({ attributes }) => attributes['messaging.operation.type'] === 'send'),
    handled: number(({ kind }) => kind === CONSUMER),
    // The first is that of the client.
    hops: Math.max(0, number(({ kind }) => kind === SERVER) - 1),
  };
}
