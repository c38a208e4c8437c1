import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/database/database.js';
import { Pruning } from './pruning.js';

describe('Pruning', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
  });

  afterAll(async () => {
    await test.close();
  });

  it('deletes all inbox rows older than 14 days, and no others', async () => {
    const { database } = test;
    const add = (count: number, age: string) =>
      database.query(
        `insert into inbox (event_id, consumer, topic, key, sequence, received_at)
         select gen_random_uuid(), 'posts.one', 't', 'k', n, now() - $2::interval from generate_series(1, $1) n`,
        [count, age],
      );
    await add(2_500, '14 days 1 minute');
    await add(7, '13 days 23 hours');
    await new Pruning(database).turn();
    expect(await database.query('select count(*) as rows from inbox')).toEqual([{ rows: 7 }]);
  });
});
