import { randomUUID } from 'node:crypto';
import { type Arena, type ArenaDatabase, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { loadedSide } from '../loaded-side.js';
import { Load, type RequestOf, requestBytes } from '../load.js';
import { insertAuthors, makeWriters, type Writer } from '../people.js';
import { startSide } from '../side-process.js';
import { post } from '../statistics/texts.js';

export const WRITERS = 16;
export const READ_POSTS = 1_000;
/** What a new post writes, with what triggers keep of it. */
export const WRITTEN_WITH_POSTS = [
  'posts.posts',
  'posts.outbox',
  'posts.tags',
  'posts.author_counts',
  'posts.published_totals',
  'posts.post_tags',
];

/** The relay has its own figure: here no relay takes the events from the outbox, on either side. */
export async function createPosts(arena: Arena): Promise<Contest> {
  return creatingContest(arena, leaseAllBuckets);
}

/** The same with the relay of our side, whose work is a part of what a creation costs. */
export async function createPostsWithRelay(arena: Arena): Promise<Contest> {
  return creatingContest(arena, () => Promise.resolve());
}

async function creatingContest(arena: Arena, prepare: (ours: ArenaDatabase) => Promise<void>): Promise<Contest> {
  const { writers, publicKey } = await makeWriters(WRITERS);
  const [limit, ours] = [await postsDatabase(arena, writers), await postsDatabase(arena, writers)];
  await prepare(ours);
  return {
    limit: await writingSide('bare-posts', limit, publicKey, writers),
    ours: await writingSide('twofold-posts', ours, publicKey, writers),
  };
}

export function readPosts(arena: Arena): Promise<Contest> {
  return readingContest(arena, '/v1/posts', { CACHE_TTL: '0' }, (ids, number) => ids[number % ids.length] ?? '');
}

/** Reads one post repeatedly, so that it is found in the cache. */
export function readPostsAgain(arena: Arena): Promise<Contest> {
  return readingContest(arena, '/cached', {}, (ids) => ids[0] ?? '');
}

/** The same with the cache entry in Redis, shared by all processes. */
export function readPostsFromRedis(arena: Arena, redis: string): Promise<Contest> {
  return readingContest(arena, '/redis', { REDIS_URL: redis, REDIS_NAMESPACE: 'bench.' }, (ids) => ids[0] ?? '');
}

/** The same by somebody who is logged in, compared with an anonymous reader. */
export async function readPostsWithToken(arena: Arena): Promise<Contest> {
  const { writers, publicKey } = await makeWriters(1);
  const ids = [randomUUID()];
  const side = async (token?: string) => {
    const database = await postsDatabase(arena, writers);
    await fill(database, writers[0]?.id ?? '', ids);
    const request = requestBytes('GET', `/v1/posts/${ids[0]}`, token);
    return serverSide('twofold-posts', database, publicKey, () => request, 200);
  };
  return { limit: await side(), ours: await side(writers[0]?.token) };
}

export async function postsDatabase(arena: Arena, writers: readonly Writer[]): Promise<ArenaDatabase> {
  const database = await arena.database(['posts']);
  await insertAuthors(database, writers);
  return database;
}

/** Leases all buckets, without expiry, to a relay that does not exist. */
export async function leaseAllBuckets(database: ArenaDatabase): Promise<void> {
  await database.query(`update posts.relay_leases set owner = $1, expires_at = 'infinity'`, [randomUUID()]);
}

export async function writingSide(
  entry: string,
  database: ArenaDatabase,
  publicKey: string,
  writers: readonly Writer[],
): Promise<Side> {
  const requests = writers.map(({ token }) => requestBytes('POST', '/v1/posts', token, post));
  const requestOf: RequestOf = (number) => requests[number % requests.length] ?? Buffer.alloc(0);
  const side = await serverSide(entry, database, publicKey, requestOf, 201);
  return {
    ...side,
    reset: () => database.query(`truncate ${WRITTEN_WITH_POSTS.join(', ')} cascade`),
  };
}

async function readingContest(
  arena: Arena,
  limitPath: string,
  settings: Record<string, string>,
  choose: (ids: readonly string[], number: number) => string,
): Promise<Contest> {
  const { writers, publicKey } = await makeWriters(1);
  const ids = Array.from({ length: READ_POSTS }, () => randomUUID());
  const side = async (entry: string, path: string) => {
    const database = await postsDatabase(arena, writers);
    await fill(database, writers[0]?.id ?? '', ids);
    const requestOf: RequestOf = (number) => requestBytes('GET', `${path}/${choose(ids, number)}`);
    return serverSide(entry, database, publicKey, requestOf, 200, settings);
  };
  return { limit: await side('bare-posts', limitPath), ours: await side('twofold-posts', '/v1/posts') };
}

/** Inserts published posts with these ids. */
export async function fill(database: ArenaDatabase, author: string, ids: readonly string[]): Promise<void> {
  await database.query(
    `insert into posts.posts (id, author_id, slug, title, body, body_html, status, tags, mentions, published_at)
     select id, $2, 'post-' || id, $3, $4, $4, 'published', $5, '{}', now() from unnest($1::uuid[]) as id`,
    [ids, author, post.title, post.body, post.tags],
  );
  await database.query('analyze');
}

async function serverSide(
  entry: string,
  database: ArenaDatabase,
  publicKey: string,
  requestOf: RequestOf,
  status: number,
  settings: Record<string, string> = {},
): Promise<Side> {
  const server = await startSide(entry, { ...settingsFor(database), ...settings, BENCH_PUBLIC_KEY: publicKey });
  return loadedSide(server, new Load(server.url, WRITERS), requestOf, status);
}
