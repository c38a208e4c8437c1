import type { Database } from '#database';
import { EventClock, Outbox } from '#events';
import { DeadLetters } from '../../../libs/events/src/consuming/dead-letters.js';
import { DeliveryMarks } from '../../../libs/events/src/consuming/delivery-marks.js';
import { Delivery } from '../../../libs/events/src/consuming/delivery.js';
import { Inbox } from '../../../libs/events/src/consuming/inbox.js';
import { Parked } from '../../../libs/events/src/consuming/parked.js';
import { SequenceGaps } from '../../../libs/events/src/consuming/sequence-gaps.js';

/** The classes by which one service consumes events, as in a process that has just started. */
export function deliveryOn(database: Database, RETRY_SCHEDULE: number[] = [0]) {
  const [inbox, deadLetters, gaps] = [new Inbox(database), new DeadLetters(database), new SequenceGaps(database)];
  const parked = new Parked(database, inbox, deadLetters, { RELAY_LOOPS: 1, RELAY_POLL: 1, RETRY_SCHEDULE });
  const marks = new DeliveryMarks(database);
  const delivery = new Delivery(database, inbox, parked, deadLetters, marks, gaps, new EventClock(database));
  return { delivery, inbox, parked, gaps };
}

export function outboxOn(database: Database): Outbox {
  return new Outbox(database, new EventClock(database));
}
