import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { outboxOn } from '../../../../test/support/database/delivery.js';
import { PostsRepository } from './posts.repository.js';

/** The latest event wins in any order of delivery, and a redelivered event adds nothing. */
describe('The projection', () => {
  let test: TestDatabase;
  let posts: PostsRepository;

  beforeAll(async () => {
    test = await testDatabase('posts');
    posts = new PostsRepository(test.database, outboxOn(test.database));
  });

  afterAll(async () => {
    await test.close();
  });

  it('of follows keeps the state of the latest event', async () => {
    const [followerId, followeeId] = [uuidv7(), uuidv7()];
    const [follow, end, again] = [true, false, true].map((active, n) => ({
      followerId,
      followeeId,
      sequence: n + 1,
      active,
    }));
    if (!follow || !end || !again) throw new Error('unreachable');
    const active = async () =>
      (await test.database.query<{ active: boolean }>('select active from follows'))[0]?.active;
    await posts.upsertFollows([follow, end]);
    expect(await active()).toBe(false);
    await posts.upsertFollows([follow]);
    expect(await active()).toBe(false);
    await posts.upsertFollows([again, end, follow]);
    expect(await active()).toBe(true);
    await posts.upsertFollows([follow, end, again].toReversed());
    expect(await test.database.query('select * from follows')).toHaveLength(1);
    expect(await active()).toBe(true);
  });

  it('of profiles keeps the highest version', async () => {
    const profile = (version: number) => ({
      id: '018f0000-0000-7000-8000-000000000001',
      handle: `h${version}`,
      displayName: 'N',
      imageUrl: null,
      version,
    });
    const handle = async () => (await test.database.query<{ handle: string }>('select handle from authors'))[0]?.handle;
    await posts.upsertAuthors([profile(2), profile(1)]);
    expect(await handle()).toBe('h2');
    await posts.upsertAuthors([profile(1)]);
    expect(await handle()).toBe('h2');
    await posts.upsertAuthors([profile(3), profile(2)]);
    expect(await handle()).toBe('h3');
  });
});
