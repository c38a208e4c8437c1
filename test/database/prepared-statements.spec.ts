import { describe, expect, it } from '@jest/globals';
import type { Database, Statement } from '#database';
import { CommentsRepository } from '../../apps/posts/src/comments/comments.repository.js';
import { CountsRepository } from '../../apps/posts/src/counts/counts.repository.js';
import { PostsQuery } from '../../apps/posts/src/posts/posts.dto.js';
import { orderOf } from '../../apps/posts/src/lists/posts.order.js';
import { FeedRepository } from '../../apps/posts/src/lists/feed.repository.js';
import { PostsList } from '../../apps/posts/src/lists/posts-list.repository.js';
import { UsersList } from '../../apps/users/src/users/users-list.repository.js';
import { outboxOn } from '../support/database/delivery.js';

const ID = '018f0000-0000-7000-8000-000000000007';

/** For each statement of a list, whether Postgres keeps it prepared. */
async function preparedBy(work: (database: Database) => Promise<unknown>): Promise<boolean[]> {
  const prepared: boolean[] = [];
  const run = (statement: Statement<unknown>) => {
    prepared.push(statement.prepared);
    return Promise.resolve([]);
  };
  await work({ run, runBounded: run } as unknown as Database);
  return prepared;
}

const posts = (query: Record<string, string>, page = 1, limit = 20) =>
  preparedBy((database) => {
    const parsed = PostsQuery.parse(query);
    return new PostsList(database).page({ ...parsed, viewer: undefined }, orderOf(parsed), page, limit);
  });

describe('A list', () => {
  it.each([[{}], [{ author: 'ada' }], [{ category: ID }]])(
    'of posts with %j has prepared statements for its usual page',
    async (query) => {
      expect(await posts(query)).toEqual([true, true]);
    },
  );

  it('with another limit, page or order is planned when it is asked for: clients must not fill the memory of connections', async () => {
    expect(await posts({}, 1, 37)).toEqual([true, false]);
    expect(await posts({}, 2)).toEqual([true, false]);
    expect(await posts({ sort: '-likes' })).toEqual([true, false]);
  });

  it('whose best plan depends on its values is planned for them', async () => {
    expect(await posts({ q: 'word' })).toEqual([false, false]);
    expect((await posts({ tag: 'tag', sort: '-likes' }))[1]).toBe(false);
    expect(await posts({ author: 'ada', category: ID })).toEqual([false, false]);
  });

  it('of the feed, comments, users and counts has prepared statements, too', async () => {
    const all = await preparedBy(async (database) => {
      await new FeedRepository(database).after(ID, undefined, 21);
      const comments = new CommentsRepository(database, outboxOn(database));
      await comments.after(ID, { by: 'createdAt', descending: true }, undefined, 21);
      await new UsersList(database).after({ q: undefined, descending: true, viewer: undefined }, undefined, 21);
      await new UsersList(database).follows(ID, 'followers', undefined, undefined, 21);
      await new CountsRepository(database).tags({ by: 'posts', descending: true, limit: 20, offset: 0 });
    });
    expect(all).toEqual([true, true, true, true, true]);
  });
});
