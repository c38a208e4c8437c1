import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { ASYNC_COMMIT } from './outbox/async-commit.js';

const SYNC_MS = 500;
/** A clock that ran further ahead than this is wrong, and nobody follows it. */
const FURTHEST_AHEAD_MS = 2 * 3_600_000;

/**
 * The clock of a service's events: never earlier than the latest event that the service has emitted or consumed, so that
 * what follows from an event is not dated before it, even if the clock of a machine is set back. Replicas share the latest
 * time through the database, at most half a second late.
 */
@Injectable()
export class EventClock {
  private latest = 0;
  private stored = 0;
  private first: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  /** Resolves once it knows what the database knows. Costs a statement the first time. */
  ready(): Promise<void> {
    this.first ??= this.sync().catch((error: unknown) => {
      this.first = undefined;
      throw error;
    });
    return this.first;
  }

  now(): Date {
    const now = Date.now();
    // While the clock is behind, each event is later than the one before all the same.
    this.latest = now >= this.latest ? now : this.latest + 1;
    return new Date(this.latest);
  }

  /** Follows the times of events that were consumed. */
  observe(times: readonly string[]): void {
    const bound = Date.now() + FURTHEST_AHEAD_MS;
    for (const time of times) {
      const at = Date.parse(time);
      if (at > this.latest && at <= bound) this.latest = at;
    }
  }

  start(): void {
    // The next turn tries again what this one could not.
    this.timer = setInterval(() => void this.sync().catch(() => undefined), SYNC_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.sync().catch(() => undefined);
  }

  private async sync(): Promise<void> {
    const own = this.latest;
    const [row] = await this.database.query<{ latest: Date }>(
      own > this.stored ? EXCHANGE : READ,
      own > this.stored ? [new Date(own)] : [],
    );
    this.stored = Math.max(own, row?.latest.getTime() ?? 0);
    this.latest = Math.max(this.latest, this.stored);
  }
}

const READ = 'select latest from event_clock';
const EXCHANGE = `with ${ASYNC_COMMIT} update event_clock set latest = greatest(latest, $1) from async_commit returning latest`;
