import { Injectable } from '@nestjs/common';
import { Database, deleteInBatches } from '#database';
import { Loop } from './loop.js';

const PRUNE_MS = 3_600_000;

/** Inbox rows outlive messages on topics (7 days), so that no message on a broker can have its effect twice. */
const expired = [
  { table: 'inbox', where: `received_at < now() - interval '14 days'` },
  { table: 'delivery_marks', where: `marked_at < now() - interval '14 days'` },
];

/** Deletes expired rows of the delivery tables, hourly and in the background. */
@Injectable()
export class Pruning {
  private readonly loop: Loop;

  constructor(private readonly database: Database) {
    this.loop = new Loop(`pruning of ${database.service}`, () => this.turn());
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
  }

  async turn(): Promise<number> {
    for (const each of expired) await deleteInBatches(this.database, each);
    return PRUNE_MS;
  }
}
