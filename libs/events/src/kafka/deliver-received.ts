import type { Delivery } from '../consuming/delivery.js';
import type { Received } from './message.js';

/**
 * Passes what was read from a partition to a service: events to its consumers, and the rest to its dead letters.
 * Returns what must be delivered again, in order. If it throws, all of it must be delivered again.
 */
export async function deliverReceived(
  delivery: Pick<Delivery, 'deliver' | 'deadLetterUnreadable'>,
  received: readonly Received[],
  source: string,
): Promise<readonly Received[]> {
  const events = received.filter(({ fault }) => fault === undefined);
  await delivery.deadLetterUnreadable(
    received.flatMap(({ record, fault }) => (fault === undefined ? [] : [{ record, reason: fault }])),
  );
  const done = await delivery.deliver(
    events.map(({ record }) => record),
    source,
  );
  return events.filter(({ record }) => !done.has(record.id));
}
