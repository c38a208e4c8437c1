/** Our side of the drain: the unmodified relay, with a transport that accepts and discards all records. */
import { DatabaseServer } from '#database';
import { type OutboxRecord, Relay } from '#events';
import { DeadLetters } from '../../../libs/events/src/consuming/dead-letters.js';
import { EventTransport, type Receipt } from '../../../libs/events/src/transport/transport.js';
import { outboxOn } from '../../support/database/delivery.js';
import { answerParent, endOnSignal } from './shared/answer-parent.js';

class Discarding extends EventTransport {
  override backlogOf(): Promise<() => Promise<boolean>> {
    return Promise.resolve(() => Promise.resolve(true));
  }

  private left = 0;
  private whenNone = () => {};

  /** Resolves when this many records have been discarded. */
  wait(records: number): Promise<void> {
    this.left = records;
    return new Promise((done) => (this.whenNone = done));
  }

  override publish(records: readonly OutboxRecord[]): Promise<Receipt> {
    this.left -= records.length;
    if (this.left <= 0) this.whenNone();
    return Promise.resolve({ settled: records.map((record) => record.position), refused: [] });
  }
}

const server = new DatabaseServer(() => process.env['DATABASE_URL'] ?? '', 10);
const database = server.open('posts');
const outbox = outboxOn(database);
const settings = { RELAY_LOOPS: 1, RELAY_POLL: 250, RETRY_SCHEDULE: [0] };
// Connects before the first round, like the other side.
await database.query('select 1');

endOnSignal(() => server.close());
answerParent('', async (operations) => {
  const transport = new Discarding();
  const relay = new Relay(database, outbox, new DeadLetters(database), transport, settings);
  const drained = transport.wait(operations);
  await relay.start();
  await drained;
  // Waits until the last batch is deleted.
  await relay.stop();
});
