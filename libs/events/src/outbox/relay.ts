import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { DeadLetters } from '../consuming/dead-letters.js';
import { outboxWait, relayed, secondsSince } from '../event-metrics.js';
import { failpoint } from '../failpoints.js';
import { Leases } from './leases.js';
import { Loop } from '../loop.js';
import { Outbox, type OutboxRecord } from './outbox.js';
import { traceTurn, traceWaitsInOutbox } from './relay-spans.js';
import { EVENTS_SETTINGS, type EventsSettings } from '../settings.js';
import { EventTransport } from '../transport/transport.js';

const BATCH = 256;
const STUCK_MS = 60_000;
/** How many times longer a relay waits that is the only one of its service. */
const ALONE = 4;

/**
 * Publishes the rows of this service's outbox to the transport, and deletes them only after the acknowledgement. Any
 * number of relays may run, in any number of processes; each publishes the buckets it has leased.
 */
@Injectable()
export class Relay {
  private readonly running: { readonly loop: Loop; readonly leases: Leases }[] = [];
  private progressAt = performance.now();

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly deadLetters: DeadLetters,
    private readonly transport: EventTransport,
    @Inject(EVENTS_SETTINGS) private readonly settings: EventsSettings,
  ) {
    outbox.onAppended(() => this.wake());
  }

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.settings.RELAY_LOOPS }, () => this.startOne()));
  }

  wake(): void {
    for (const { loop } of this.running) loop.wake();
  }

  /** Finishes the current batch, then releases the leases. */
  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ loop }) => loop.stop()));
    await Promise.allSettled(this.running.map(({ leases }) => leases.release()));
  }

  /** Whether publishing has neither succeeded nor failed for 60 s: only a restart may fix that. */
  get isStuck(): boolean {
    return performance.now() - this.progressAt > STUCK_MS;
  }

  private async startOne(): Promise<void> {
    const leases = new Leases(this.database, this.transport.dependents);
    const loop = new Loop(`relay of ${this.database.service}`, () => this.turn(leases));
    this.running.push({ loop, leases });
    let held: readonly number[] = [];
    let alone = false;
    const onChange = () => {
      const isAdded = leases.held.some((bucket) => !held.includes(bucket));
      if (isAdded) this.transport.reassigned();
      if (isAdded || leases.alone !== alone) loop.wake();
      ({ held, alone } = leases);
    };
    // A lease that cannot be renewed expires; the loop logs that the database is unavailable.
    await leases.keep(onChange, () => this.progressed());
    loop.start();
  }

  private async turn(leases: Leases): Promise<number> {
    const buckets = leases.held;
    const rows = buckets.length > 0 ? await this.outbox.oldest(buckets, BATCH) : [];
    if (rows.length === 0) {
      this.progressed();
      return this.pauseOf(leases);
    }
    const done = await traceTurn(this.database.service, rows, () => this.publish(rows));
    // Events that this process has written in the meantime have woken the loop.
    return done === rows.length && done < BATCH ? this.pauseOf(leases) : 0;
  }

  /** What this process writes wakes the relay; only what others write must be looked for. */
  private pauseOf(leases: Leases): number {
    return this.settings.RELAY_POLL * (leases.alone ? ALONE : 1);
  }

  /** Returns how many rows have left the outbox. */
  private async publish(rows: readonly OutboxRecord[]): Promise<number> {
    const startedAt = Date.now();
    await failpoint('relay.claimed');
    const { settled, refused } = await this.transport.publish(rows);
    this.progressed();
    this.measure(rows, settled, startedAt);
    await failpoint('relay.published');
    for (const { record, reason } of refused) {
      await this.database.transaction(async () => {
        await this.deadLetters.addRefused(record, reason);
        await this.outbox.remove([record.position]);
      });
    }
    await this.outbox.remove(settled);
    const done = settled.length + refused.length;
    if (done === 0) throw new Error('nothing could be published');
    return done;
  }

  private measure(rows: readonly OutboxRecord[], settled: readonly number[], startedAt: number): void {
    const { service } = this.database;
    traceWaitsInOutbox(service, rows, settled, startedAt);
    if (settled.length > 0) relayed.observe({ service }, settled.length);
    const positions = new Set(settled);
    for (const { position, time, traceparent } of rows)
      if (positions.has(position)) outboxWait.observe({ service }, secondsSince(time, startedAt), traceparent);
  }

  private progressed(): void {
    this.progressAt = performance.now();
  }
}
