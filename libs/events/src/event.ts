import type { Contract, EventData } from '#contracts';

/** An event as stored and sent: the same bytes in the outbox, on any transport, in a parked row and a dead letter. */
export interface EventRecord {
  /** UUIDv7. */
  readonly id: string;
  readonly type: string;
  readonly topic: string;
  readonly key: string;
  /** Counts the events of one topic and key from 1, without gaps. */
  readonly sequence: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  /** The event whose handler emitted this one. */
  readonly causationId: string | null;
  readonly traceparent: string | null;
  /** JSON, exactly as it was written. */
  readonly payload: string;
  /** Its position on the broker, if it came from one: topic/partition@offset. */
  readonly origin?: string;
  /** When it was sent to the broker it came from, in ms since 1970 by the clock of the sender. */
  readonly sentAt?: number;
  /** Whether an operator has asked for its delivery, after it had become a dead letter. */
  readonly replayed?: true;
  /** The broker's message, if it was not an event. */
  readonly raw?: RawMessage;
}

/** The bytes of a broker's message, in base64. */
export interface RawMessage {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, readonly (string | null)[]>>;
  readonly timestamp: string;
}

/** An event as a handler gets it: validated against its contract. */
export interface Event<Data> {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly sequence: number;
  readonly time: Date;
  readonly data: Data;
}

export type EventOf<C extends Contract> = Event<EventData<C>>;

/** An event that a service adds to its outbox. `sequence` is taken under the row lock of the aggregate. */
export interface NewEvent {
  readonly contract: Contract;
  readonly data: unknown;
  readonly sequence: number;
}

export function newEvent<Data>(contract: Contract<Data>, data: Data, sequence: number): NewEvent {
  return { contract, data, sequence };
}

/** Parses a record and validates it against its contract. Throws a ZodError or a SyntaxError. */
export function parseRecord(record: EventRecord, contract: Contract): Event<unknown> {
  const data = contract.data.parse(JSON.parse(record.payload));
  const { id, type, key, sequence } = record;
  return { id, type, key, sequence, time: new Date(record.time), data };
}
