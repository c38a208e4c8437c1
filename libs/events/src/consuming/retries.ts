import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Delivery } from './delivery.js';
import { Loop } from '../loop.js';
import { Parked } from './parked.js';

const POLL_MS = 1_000;
/** A due event may be claimed by another replica at the moment. */
const MIN_PAUSE_MS = 25;

/** Retries parked events when they are due. */
@Injectable()
export class Retries {
  private readonly loop: Loop;

  constructor(
    private readonly delivery: Delivery,
    private readonly parked: Parked,
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
    const due = (await this.parked.nextDueIn(this.delivery.consumerNames)) ?? POLL_MS;
    if (due <= 0) return (await this.delivery.retryOne()) ? 0 : MIN_PAUSE_MS;
    return Math.min(Math.max(due, MIN_PAUSE_MS), POLL_MS);
  }
}
