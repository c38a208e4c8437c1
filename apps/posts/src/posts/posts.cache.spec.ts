import { beforeEach, describe, expect, it } from '@jest/globals';
import { cacheOn } from '../../../../test/support/cache.js';
import { PostsCache } from './posts.cache.js';
import type { PostRow, PostsRepository } from './posts.repository.js';

const ID = '01890000-0000-7000-8000-000000000001';
const time = new Date(0);
const postNamed = (title: string) =>
  ({ id: ID, slug: 'a-post', title, status: 'published', version: 1, createdAt: time, updatedAt: time }) as PostRow;

describe('A post in the cache', () => {
  let stored: PostRow | undefined;
  let statements: string[];
  let cache: PostsCache;
  /** What the next statement waits for after it has read. */
  let answer: Promise<void>;

  beforeEach(() => {
    stored = postNamed('old');
    statements = [];
    answer = Promise.resolve();
    const find = async (by: string) => {
      statements.push(by);
      const [seen, until] = [stored, answer];
      await until;
      return seen;
    };
    cache = new PostsCache(cacheOn(), { find } as unknown as PostsRepository);
  });

  const titleOf = async (name: string) => {
    const found = await cache.find(name);
    return found && (JSON.parse(found.json) as { data: { title: string } }).data.title;
  };

  it('is read with one statement, also by a new slug', async () => {
    expect([await titleOf('a-post'), statements]).toEqual(['old', ['slug']]);
    expect([await titleOf('a-post'), statements]).toEqual(['old', ['slug', 'id']]);
    await titleOf('a-post');
    await titleOf(ID);
    expect(statements).toEqual(['slug', 'id']);
  });

  it('is answered first by its slug as soon as that is known', async () => {
    await titleOf(ID);
    expect(await cache.peek('a-post', undefined)).toBeUndefined();
    await titleOf('a-post');
    expect(await cache.peek('a-post', undefined)).toBeDefined();
  });

  it('costs many readers of a new slug two statements', async () => {
    const titles = await Promise.all(Array.from({ length: 100 }, () => titleOf('a-post')));
    expect(new Set(titles)).toEqual(new Set(['old']));
    expect(statements).toEqual(['slug', 'id']);
  });

  it('is not shown as it was before a change to who joins a reader that began before', async () => {
    const slow = Promise.withResolvers<void>();
    answer = slow.promise;
    const early = titleOf('a-post');
    answer = Promise.resolve();
    stored = postNamed('new');
    await cache.invalidate({ id: ID });
    const late = titleOf('a-post');
    slow.resolve();
    expect([await early, await late]).toEqual(['old', 'new']);
  });

  it('is found by who joins a reader that looked before it was there', async () => {
    stored = undefined;
    const slow = Promise.withResolvers<void>();
    answer = slow.promise;
    const early = titleOf('a-post');
    answer = Promise.resolve();
    stored = postNamed('new');
    const late = titleOf('a-post');
    slow.resolve();
    expect([await early, await late]).toEqual([undefined, 'new']);
  });
});
