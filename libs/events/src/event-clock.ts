import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { ASYNC_COMMIT } from './outbox/async-commit.js';

const SYNC_MS = 500;
/** Event times further ahead than this come from a wrong clock and are ignored. */
const MAX_AHEAD_MS = 2 * 3_600_000;

/**
 * The clock of a service's events: never earlier than the latest event that the service has published or consumed, so
 * that an event is not dated before its cause, even if the clock of a machine is set back. Replicas share the latest
 * time through the database, at most half a second late.
 */
@Injectable()
export class EventClock {
  private latest = 0;
  private stored = 0;
  private first: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  /** Resolves once the latest time has been read from the database, which costs one statement the first time. */
  ready(): Promise<void> {
    this.first ??= this.sync().catch((error: unknown) => {
      this.first = undefined;
      throw error;
    });
    return this.first;
  }

  now(): Date {
    const now = Date.now();
    // While the system clock is behind `latest`, each event is 1 ms later than the one before.
    this.latest = now >= this.latest ? now : this.latest + 1;
    return new Date(this.latest);
  }

  /** Advances the clock to the times of consumed events. */
  observe(times: readonly string[]): void {
    const bound = Date.now() + MAX_AHEAD_MS;
    for (const time of times) {
      const at = Date.parse(time);
      if (at > this.latest && at <= bound) this.latest = at;
    }
  }

  start(): void {
    // A failed sync is repeated by the next one.
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
