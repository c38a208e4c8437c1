import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Delivery } from './delivery.js';
import { Inbox } from './inbox.js';
import { Loop } from './loop.js';
import { Parked } from './parked.js';

const LOOK_MS = 1_000;
/** What is due may just be in the hands of another replica. */
const SHORTEST_MS = 25;
const PRUNE_MS = 3_600_000;

/** Runs what is parked when it is due, and keeps the inbox from growing for ever. */
@Injectable()
export class Retries {
  private readonly loop: Loop;
  private prunedAt = 0;

  constructor(
    private readonly delivery: Delivery,
    private readonly parked: Parked,
    private readonly inbox: Inbox,
    database: Database,
  ) {
    this.loop = new Loop(`retries of ${database.service}`, () => this.turn());
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
  }

  private async turn(): Promise<number> {
    await this.pruneIfDue();
    const due = (await this.parked.nextDueIn(this.delivery.consumerNames)) ?? LOOK_MS;
    if (due <= 0) return (await this.delivery.retryOne()) ? 0 : SHORTEST_MS;
    return Math.min(Math.max(due, SHORTEST_MS), LOOK_MS);
  }

  private async pruneIfDue(): Promise<void> {
    if (Date.now() - this.prunedAt < PRUNE_MS) return;
    await this.inbox.prune();
    this.prunedAt = Date.now();
  }
}
