import type { Arena, ArenaDatabase } from '../arena.js';
import { settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { makeWriters } from '../people.js';
import { startSide } from '../side-process.js';
import { leaseAllBuckets, postsDatabase, WRITERS, writingSide } from './posts.js';

/**
 * Creates posts without and with a relay. The process has no consumer of its events, so that only the relay makes a
 * difference.
 */
export async function relayOnAndOff(arena: Arena): Promise<Contest> {
  const { writers, publicKey } = await makeWriters(WRITERS);
  const [off, on] = [await postsDatabase(arena, writers), await postsDatabase(arena, writers)];
  await leaseAllBuckets(off);
  return {
    limit: await writingSide('twofold-posts', off, publicKey, writers),
    ours: await writingSide('twofold-posts', on, publicKey, writers),
  };
}

export async function drain(arena: Arena): Promise<Contest> {
  return { limit: await drainingSide('bare-drain', arena), ours: await drainingSide('twofold-drain', arena) };
}

const ROWS = 100_000;

async function drainingSide(entry: string, arena: Arena): Promise<Side> {
  const database = await arena.database(['posts']);
  const side = await startSide(entry, settingsFor(database));
  return { ...side, reset: () => fillOutbox(database) };
}

async function fillOutbox(database: ArenaDatabase): Promise<void> {
  await database.query('truncate posts.outbox');
  await database.query(
    `insert into posts.outbox (id, type, topic, key, bucket, sequence, time, traceparent, payload)
     select gen_random_uuid(), 'posts.post.published.v1', 'posts.post', gen_random_uuid(), n % 16, 1, now(),
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', repeat('{"postId":"x"} ', 25)
     from generate_series(1, $1::int) as n`,
    [ROWS],
  );
  await database.query('vacuum analyze posts.outbox');
}
