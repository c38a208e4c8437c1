import { counter, distribution, levels } from '#telemetry';
import type { Operations } from './operations.js';

export const relayed = distribution(
  'twofold_relay_batch_events',
  'Events that a turn of a relay has published.',
  ['service'],
  [1, 2, 4, 8, 16, 32, 64, 128, 256],
);

export const outboxWait = distribution(
  'twofold_outbox_wait_seconds',
  'Time from an event until a relay has begun to publish it.',
  ['service'],
);

export const eventDelay = distribution(
  'twofold_event_delay_seconds',
  'Time from an event until its effect by a consumer has committed.',
  ['consumer'],
);

export const handlerFailures = counter(
  'twofold_handler_failures_total',
  'Attempts to handle an event that have failed and are repeated later or end as a dead letter.',
  ['consumer'],
);

export const duplicates = counter(
  'twofold_inbox_duplicates_total',
  'Deliveries of events whose effect had happened before.',
  ['consumer'],
);

/** From the time of an event; never negative, although the clock of its service may be ahead. */
export function secondsSince(time: string, until = Date.now()): number {
  return Math.max(0, until - Date.parse(time)) / 1_000;
}

const inOutbox = levels(
  'twofold_outbox_events',
  'Events that no transport has acknowledged yet; at most 10,000 are counted.',
  ['service'],
);
const oldestInOutbox = levels('twofold_outbox_oldest_seconds', 'Age of the oldest event in the outbox.', ['service']);
const parked = levels('twofold_parked_events', 'Events that wait for a retry, or behind one that does; up to 10,000.', [
  'service',
]);
const deadLetters = levels(
  'twofold_dead_letters',
  'Events that are not retried unless an operator asks; up to 10,000.',
  ['service'],
);
const gaps = levels('twofold_sequence_gaps', 'Gaps that were seen in the sequences of keys.', ['service']);

export const lag = levels(
  'twofold_consumer_lag_events',
  'Messages in the topics that a service has not consumed yet.',
  ['service', 'topic'],
);

/** One query serves all levels of a service, also if several programs read the metrics. */
const STATUS_MS = 1_000;

/** Measures what lies in a service's delivery tables. Returns what ends the measurement. */
export function measureDelivery(operations: Operations): () => void {
  let known: { readonly at: number; readonly status: ReturnType<Operations['levels']> } | undefined;
  const status = () => {
    if (!known || performance.now() - known.at > STATUS_MS)
      known = { at: performance.now(), status: operations.levels() };
    return known.status;
  };
  const source = (value: (status: Awaited<ReturnType<Operations['levels']>>) => number) => async () => {
    const current = await status();
    return [{ labels: { service: current.service }, value: value(current) }];
  };
  const removals = [
    inOutbox.addSource(source(({ waiting }) => waiting)),
    oldestInOutbox.addSource(source(({ oldest }) => oldest ?? 0)),
    parked.addSource(source((each) => each.parked)),
    deadLetters.addSource(source((each) => each.deadLetters)),
    gaps.addSource(source((each) => each.gaps)),
  ];
  return () => removals.forEach((remove) => remove());
}
