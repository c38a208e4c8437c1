import type { OutboxRecord } from './outbox.js';

/** What became of a batch. Rows named in neither list are published again later. */
export interface Receipt {
  /** Positions of the rows that will not be lost any more, whatever dies next. */
  readonly settled: readonly number[];
  /** Rows that can never be published; they become dead letters. */
  readonly refused: readonly { readonly record: OutboxRecord; readonly reason: string }[];
}

/**
 * The last hop of an event: from a relay to every consumer. Keeps the order of each key within a batch and from batch
 * to batch of one caller. Delivers at least once; the inbox makes the effect happen once.
 */
export abstract class EventTransport {
  abstract publish(records: readonly OutboxRecord[]): Promise<Receipt>;
}
