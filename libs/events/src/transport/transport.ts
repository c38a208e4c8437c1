import type { OutboxRecord } from '../outbox/outbox.js';

/** The outcome of a batch. Rows in neither list are published again later. */
export interface Receipt {
  /** Positions of the rows that may be deleted: no crash can lose their events any more. */
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

  /** The names of the consumers that get events only from relays of this process; none with a broker. */
  get dependents(): readonly string[] {
    return [];
  }

  /** Called when relays of this process have leased buckets that another process may have published until then. */
  reassigned(): void {}

  /**
   * Starts to pass events to the `Delivery` of each service of this process. Returns at once, even if the broker is
   * unavailable. Does nothing in a transport that delivers while it publishes.
   */
  listen(): void {}

  /** Finishes, commits and acknowledges the effects in progress, then closes all connections. */
  async close(): Promise<void> {}

  /**
   * Records where a topic ends at this moment. Returns a function that resolves to whether a service has consumed the
   * topic up to there. Both throw while that cannot be determined.
   */
  abstract backlogOf(service: string, topic: string): Promise<() => Promise<boolean>>;

  /** Whether the broker was reachable when last used. While it is not, events wait, and everything else works. */
  get isReachable(): boolean {
    return true;
  }

  /** Whether the consumers of every service of this process have joined their groups at least once. */
  get isSubscribed(): boolean {
    return true;
  }

  /** Names of consumers that process nothing although they have a backlog and a broker: only a restart may fix that. */
  get stuck(): readonly string[] {
    return [];
  }
}
