import type { Contract, EventData } from '#contracts';

/** An event as it travels: the same bytes in the outbox, on any transport, in a parked row and in a dead letter. */
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
  /** Where it stood on the broker, if it came from one: topic/partition@offset. */
  readonly origin?: string;
  /** What a broker held, where it was not an event. */
  readonly raw?: RawMessage;
}

/** A broker's message byte by byte, in base64. */
export interface RawMessage {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, readonly (string | null)[]>>;
  readonly timestamp: string;
}

/** An event as a handler sees it: checked against its contract. */
export interface Event<Data> {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly sequence: number;
  readonly time: Date;
  readonly data: Data;
}

export type EventOf<C extends Contract> = Event<EventData<C>>;

/** What a service says to its outbox. `sequence` is taken under the row lock of the aggregate. */
export interface NewEvent {
  readonly contract: Contract;
  readonly data: unknown;
  readonly sequence: number;
}

export function newEvent<Data>(contract: Contract<Data>, data: Data, sequence: number): NewEvent {
  return { contract, data, sequence };
}

/** Checks a record against its contract. Throws what zod throws, or a SyntaxError. */
export function openRecord(record: EventRecord, contract: Contract): Event<unknown> {
  const data = contract.data.parse(JSON.parse(record.payload));
  const { id, type, key, sequence } = record;
  return { id, type, key, sequence, time: new Date(record.time), data };
}
