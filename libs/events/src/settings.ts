import { z } from 'zod';

const seconds = z.string().transform((text, context) => {
  const delays = text.split(',').map(Number);
  if (delays.every((delay) => Number.isFinite(delay) && delay >= 0)) return delays;
  context.addIssue({ code: 'custom', message: 'must be seconds, separated by commas, such as 0,1,5,25,125' });
  return z.NEVER;
});

/** The settings that this library reads; runtime parses them with all others. */
export const eventsSettings = {
  RELAY_LOOPS: z.coerce.number().int().min(1).max(16).default(1).describe('Relays per service in this process.'),
  RELAY_POLL: z.coerce
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(250)
    .describe(
      'Milliseconds between two polls of the outbox when no commit has woken the relay; alone, it waits four times as long.',
    ),
  RETRY_SCHEDULE: seconds
    .default([0, 1, 5, 25, 125])
    .describe('Seconds before each attempt of a handler; after the last one the event becomes a dead letter.'),
};

export type EventsSettings = z.infer<z.ZodObject<typeof eventsSettings>>;

export const EVENTS_SETTINGS = Symbol('EVENTS_SETTINGS');
