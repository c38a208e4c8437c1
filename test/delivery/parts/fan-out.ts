import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from './scenarios.js';
import type { Stage } from './stage.js';

const POSTS = 5;
const KILLS = 10;
/** The number of posts by another author, whose single follower's notifications are timed. */
const TIMED_POSTS = 300;
const POLL_INTERVAL_MS = 4;
const MAX_WAIT_MS = 600_000;

export interface Author {
  readonly id: string;
  readonly token: string;
}

/**
 * An author with very many followers publishes posts: each is a fan-out job, processed in slices. The notifications
 * process is killed repeatedly. Meanwhile the follower of another author must be notified, and memory must not grow.
 */
export const fanOut = (followers: number): Scenario => ({
  name: `fan-out-${followers}`,
  plan: { seed: 0, clients: [], kills: [] },
  settleTimeoutMs: MAX_WAIT_MS,
  during: async (stage) => {
    const [crowded, other] = [await register(stage, 'crowded'), await register(stage, 'other')];
    await follow(stage, crowded.id, followers);
    await follow(stage, other.id, 1);
    const idle = await latencies(stage, other, () => Promise.resolve(false));
    // Measured after as many posts as come during the fan-out: a process that has just started has yet to compile its
    // code.
    const memory = memoryOf(stage);
    const posts = followers > 100_000 ? 1 : POSTS;
    const published: string[] = [];
    while (published.length < posts) published.push(await publish(stage, crowded));
    const busy = await latencies(stage, other, () => areFannedOut(stage, published));
    const grown = memoryOf(stage) / memory;
    const kills = followers > 100_000 ? 0 : KILLS;
    for (let kill = 0; kill < kills; kill++) {
      stage.markDisruption();
      const before = stage.fleet.kills.length;
      stage.fleet.of('notifications')[0]?.kill(false);
      await until(() => Promise.resolve(stage.fleet.kills.length > before));
      await stage.fleet.whenAllRunning();
    }
    await until(() => areFannedOut(stage, published));
    process.stdout.write(
      `  fan-out: followers=${followers} posts=${posts} kills=${kills} memory=${grown.toFixed(2)}x ` +
        `notification of another author's post: idle p50=${at(idle, 0.5)} p99=${at(idle, 0.99)} ms, ` +
        `during the fan-out p50=${at(busy, 0.5)} p99=${at(busy, 0.99)} ms (${busy.length}), ` +
        `p99 ${(at(busy, 0.99) / at(idle, 0.99)).toFixed(2)}x\n`,
    );
    const wrong = await checkCounts(stage, crowded.id, posts, followers);
    // Deletes the notifications of followers who are not accounts, and whom the checker does not know.
    await stage.query(`delete from notifications.notifications where type = 'post.published'`);
    return [...wrong, ...(grown < 1.3 ? [] : [`memory grew ${grown.toFixed(2)}-fold`])];
  },
});

export async function register(stage: Stage, name: string): Promise<Author> {
  const body = { email: `${name}@example.com`, password: 'correct horse battery', displayName: name };
  const { data } = (await stage.fleet.api.send('POST', '/v1/auth/register', { body })).body;
  return { id: data.accountId, token: data.accessToken };
}

/** Inserts what as many follow events would have caused, for followers that are not accounts. */
async function follow(stage: Stage, author: string, count: number): Promise<void> {
  await stage.query(
    `insert into notifications.follow_intervals (follower_id, followee_id, opened_sequence, since)
     select gen_random_uuid(), '${author}', 1, now() - interval '1 hour' from generate_series(1, ${count})`,
  );
  await stage.query('analyze notifications.follow_intervals');
}

async function publish(stage: Stage, { token }: Author): Promise<string> {
  const body = { title: 'To many', body: 'B', status: 'published' };
  for (;;) {
    const reply = await stage.fleet.api.send('POST', '/v1/posts', { token, body });
    if (reply.status === 201) return reply.body.data.id;
  }
}

/** Milliseconds from each post to its notification, sorted; at most TIMED_POSTS posts, until `isOver`. */
async function latencies(stage: Stage, author: Author, isOver: () => Promise<boolean>): Promise<number[]> {
  const found: number[] = [];
  await stage.withClient(async (client) => {
    const { rows } = await client.query(
      'select follower_id as id from notifications.follow_intervals where followee_id = $1',
      [author.id],
    );
    while (found.length < TIMED_POSTS && !(await isOver())) {
      const begun = performance.now();
      const post = await publish(stage, author);
      await until(async () => {
        // Uses the index on a recipient's notifications: polling must not affect what is measured.
        const { rowCount } = await client.query(
          `select from notifications.notifications where recipient_id = $1 and state = 'shown' and post_id = $2`,
          [rows[0].id, post],
        );
        return rowCount === 1;
      });
      found.push(performance.now() - begun);
    }
  });
  return found.toSorted((a, b) => a - b);
}

/** Whether all posts have been fanned out. That there is no job may also mean that the events are not consumed yet. */
async function areFannedOut(stage: Stage, posts: readonly string[]): Promise<boolean> {
  if ((await stage.query('select from notifications.fan_out_jobs')).length > 0) return false;
  return stage.withClient(async (client) => {
    const { rowCount } = await client.query(
      `select from notifications.publications p where post_id = any($1::uuid[])
       and exists (select from notifications.notifications n where n.event_id = p.event_id)`,
      [posts],
    );
    return rowCount === posts.length;
  });
}

async function checkCounts(stage: Stage, author: string, posts: number, followers: number): Promise<string[]> {
  const counts = await stage.query<{ notified: string; people: string }>(
    `select count(*) as notified, count(distinct recipient_id) as people from notifications.notifications
     where actor_id = '${author}' group by event_id`,
  );
  const wrong = counts.filter(({ notified, people }) => Number(notified) !== followers || Number(people) !== followers);
  const parked = await stage.query('select from notifications.parked union all select from notifications.dead_letters');
  return [
    ...(counts.length === posts ? [] : [`${counts.length} of ${posts} posts have caused notifications`]),
    ...wrong.map(({ notified, people }) => `${notified} notifications of ${people} recipients, not ${followers}`),
    ...(parked.length === 0 ? [] : [`${parked.length} events were parked or dead-lettered`]),
  ];
}

function memoryOf(stage: Stage): number {
  return stage.fleet.of('notifications').reduce((sum, { memory }) => sum + memory, 0);
}

function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`The fan-out did not end within ${MAX_WAIT_MS} ms.`);
    await delay(POLL_INTERVAL_MS);
  }
}
