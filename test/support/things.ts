import type { Contract } from '#contracts';
import type { EventRecord } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';

/** An event contract that exists only in tests of the delivery core. */
export const Thing: Contract = {
  type: 'posts.thing.happened.v1',
  topic: 'posts.thing',
  keyOf: () => '',
  followUps: [],
  data: z.strictObject({ text: z.string() }),
};

/** A record of this event, whose text is key and sequence. */
export const record = (key: string, sequence: number, more: Partial<EventRecord> = {}): EventRecord => ({
  id: uuidv7(),
  type: Thing.type,
  topic: Thing.topic,
  key,
  sequence,
  time: new Date().toISOString(),
  causationId: null,
  traceparent: null,
  payload: JSON.stringify({ text: `${key}${sequence}` }),
  ...more,
});
