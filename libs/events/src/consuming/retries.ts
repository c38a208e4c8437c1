import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Delivery } from './delivery.js';
import { Loop } from '../loop.js';
import { Parked } from './parked.js';

const LOOK_MS = 1_000;
/** What is due may just be in the hands of another replica. */
const SHORTEST_MS = 25;

/** Runs what is parked when it is due. */
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
    const due = (await this.parked.nextDueIn(this.delivery.consumerNames)) ?? LOOK_MS;
    if (due <= 0) return (await this.delivery.retryOne()) ? 0 : SHORTEST_MS;
    return Math.min(Math.max(due, SHORTEST_MS), LOOK_MS);
  }
}
