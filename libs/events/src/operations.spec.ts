import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testDatabase, type TestDatabase } from '../../../test/support/database/database.js';
import { deliveryOn, outboxOn } from '../../../test/support/database/delivery.js';
import { record, Thing } from '../../../test/support/things.js';
import type { Consumer } from './consuming/consumer.js';
import { DeadLetters } from './consuming/dead-letters.js';
import type { Delivery } from './consuming/delivery.js';
import type { Event } from './event.js';
import { Operations } from './operations.js';

describe('Operations', () => {
  let test: TestDatabase;
  let operations: Operations;
  let delivery: Delivery;
  let broken: boolean;
  const effects: string[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    test = await testDatabase('posts');
    const { database } = test;
    operations = new Operations(database);
    ({ delivery } = deliveryOn(database));
    const run: Consumer['run'] = async (events) => {
      const [event] = [events].flat() as Event<{ text: string }>[];
      if (broken) throw new Error('broken');
      effects.push(event?.data.text ?? '');
    };
    const contractsOfThing = new Map([[Thing.type, Thing]]);
    delivery.bind([
      {
        name: 'posts.one',
        service: 'posts',
        form: 'single',
        awaited: true,
        atLeastOnce: false,
        contracts: contractsOfThing,
        run,
      },
    ]);
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await test.database.query('truncate inbox, parked, dead_letters, outbox');
    effects.length = 0;
    broken = true;
    await delivery.deliver([record('a', 1)]);
  });

  it('lists dead letters, and replays each once', async () => {
    const [letter] = await operations.deadLetters(10);
    expect(letter).toMatchObject({ service: 'posts', consumer: 'posts.one', attempts: 1, reason: 'Error: broken' });
    expect(await operations.status()).toMatchObject({ waiting: 0, oldest: null, parked: 0, deadLetters: 1 });
    expect(await operations.levels()).toMatchObject({ waiting: 0, oldest: null, parked: 0, deadLetters: 1 });
    if (!letter) throw new Error('There is no dead letter.');
    expect(await operations.deadLettersOf(letter.record.id)).toEqual([letter]);
    broken = false;
    expect([await operations.replay(letter), await operations.replay(letter)]).toEqual([true, false]);
    expect(await operations.status()).toMatchObject({ parked: 1, deadLetters: 0 });
    expect([await delivery.retryOne(), await delivery.retryOne()]).toEqual([true, false]);
    await delivery.deliver([letter.record]);
    expect(effects).toEqual(['a1']);
  });

  it('dead-letters a replayed event again if it still fails', async () => {
    const [letter] = await operations.deadLetters(10);
    if (letter) await operations.replay(letter);
    await delivery.retryOne();
    expect(await operations.deadLetters(10)).toHaveLength(1);
  });

  it('discards a dead letter for good', async () => {
    const [letter] = await operations.deadLetters(10);
    if (!letter) throw new Error('There is no dead letter.');
    expect([await operations.discard(letter), await operations.discard(letter)]).toEqual([true, false]);
    await delivery.deliver([letter.record]);
    expect(effects).toEqual([]);
  });

  it('returns an event that the relay dead-lettered to the outbox', async () => {
    const outbox = outboxOn(test.database);
    await outbox.append({ contract: Thing, data: { text: 'b1' }, sequence: 1 });
    const buckets = Array.from({ length: 16 }, (_, bucket) => bucket);
    const [refused] = await outbox.oldest(buckets, 1);
    if (!refused) throw new Error('The outbox is empty.');
    await new DeadLetters(test.database).addRefused(refused, 'too large');
    await outbox.remove([refused.position]);
    const [letter] = await operations.deadLettersOf(refused.id);
    if (letter) await operations.replay(letter);
    const { position: _first, ...expected } = refused;
    const [again] = await outbox.oldest(buckets, 1);
    expect(again).toMatchObject(expected);
  });
});
