import type { OutboxRecord } from '../outbox/outbox.js';

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

  /** The names of the consumers that only this process's relays feed; none if a broker keeps events for them. */
  get dependents(): readonly string[] {
    return [];
  }

  /** The relays of this process were given buckets that another process may have published until then. */
  reassigned(): void {}

  /**
   * Begins to feed the `Delivery` of each service of this process. Returns at once, whatever is away. A transport that
   * delivers while it publishes has nothing to do.
   */
  listen(): void {}

  /** Effects in hand are finished, committed and acknowledged; then nothing is open any more. */
  async close(): Promise<void> {}

  /**
   * Notes where a topic ends at this moment. Returns whether a service has consumed it to there. Throws while that cannot
   * be known.
   */
  abstract backlogOf(service: string, topic: string): Promise<() => Promise<boolean>>;

  /** Whether it can be reached, as far as is known. While it cannot, events wait and nothing else does. */
  get answers(): boolean {
    return true;
  }

  /** Whether every service of this process has been told once what to listen to. */
  get listening(): boolean {
    return true;
  }

  /** What has come to a halt although it has work and could do it: only a restart may cure that. */
  get stuck(): readonly string[] {
    return [];
  }
}
