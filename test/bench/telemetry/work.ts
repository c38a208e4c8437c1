import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { Client } from '../../support/platform/client.js';
import type { ArenaDatabase } from '../arena.js';
import { fill, READ_POSTS, WRITERS, WRITTEN_WITH_POSTS } from '../contests/posts.js';
import type { Side } from '../contest.js';
import { Load, requestBytes } from '../load.js';
import { insertAuthors } from '../people.js';
import { post } from '../statistics/texts.js';

/** What clients do with the platform that is measured. */
export interface Work {
  readonly settings: Record<string, string>;
  begin(url: string, database: ArenaDatabase): Promise<Pick<Side, 'reset' | 'run' | 'stop'>>;
}

export const readUncached: Work = reading({ CACHE_TTL: '0' }, (ids, number) => ids[number % ids.length] ?? '');

export const readCached: Work = reading({}, (ids) => ids[0] ?? '');

/** Publishes posts, and waits until the effects of all have happened: they are a part of the cost. */
export const publish: Work = {
  settings: { ACCESS_TOKEN_TTL: '86400' },
  begin: async (url, database) => {
    const { token } = await new Client(url).person();
    const load = new Load(url, WRITERS);
    const request = requestBytes('POST', '/v1/posts', token, post);
    return {
      reset: () => database.query(`truncate ${WRITTEN.join()} cascade`),
      run: async (operations) => {
        await load.run(operations, () => request, 201);
        await untilDelivered(database);
      },
      stop: () => load.close(),
    };
  },
};

/**
 * Of twenty requests ten read a cached post, eight the comments of a post, which are not cached, and two publish one; with all
 * effects.
 */
export const mixed: Work = {
  settings: publish.settings,
  begin: async (url, database) => {
    const { token } = await new Client(url).person();
    const ids = await posts(database);
    const load = new Load(url, WRITERS);
    const creation = requestBytes('POST', '/v1/posts', token, post);
    const cached = requestBytes('GET', `/v1/posts/${ids[0] ?? ''}`);
    return {
      run: async (operations) => {
        const publications = Math.floor(operations / 10);
        const read = (number: number) =>
          number % 9 < 5 ? cached : requestBytes('GET', `/v1/posts/${ids[number % ids.length] ?? ''}/comments`);
        await load.run(operations - publications, read, 200);
        await load.run(publications, () => creation, 201);
        await untilDelivered(database);
      },
      stop: () => load.close(),
    };
  },
};

/** Does nothing for a while. */
export const rest: Work = resting(() => Promise.resolve());

/** The same, and reads the metrics once, as Prometheus does. */
export const readMetricsOnce: Work = resting(readMetrics);

const WRITTEN = [
  ...WRITTEN_WITH_POSTS,
  'posts.inbox',
  'notifications.posts',
  'notifications.publications',
  'notifications.inbox',
];

function reading(settings: Record<string, string>, choose: (ids: readonly string[], number: number) => string): Work {
  return {
    settings,
    begin: async (url, database) => {
      const ids = await posts(database);
      const load = new Load(url, WRITERS);
      return {
        run: (operations) =>
          load.run(operations, (number) => requestBytes('GET', `/v1/posts/${choose(ids, number)}`), 200),
        stop: () => load.close(),
      };
    },
  };
}

async function untilDelivered(database: ArenaDatabase): Promise<void> {
  await eventually('all events are delivered', async () => !(await database.hasRows('posts.outbox')));
}

/** The ids of published posts. */
async function posts(database: ArenaDatabase): Promise<string[]> {
  const author = { id: randomUUID(), token: '' };
  const ids = Array.from({ length: READ_POSTS }, () => randomUUID());
  await insertAuthors(database, [author]);
  await fill(database, author.id, ids);
  return ids;
}

/** Longer than the levels of the database are kept: each reading must ask for them. */
const REST_MS = 1_100;

function resting(meanwhile: (url: string) => Promise<void>): Work {
  return {
    settings: {},
    begin: (url) =>
      Promise.resolve({
        run: async () => {
          await delay(REST_MS);
          await meanwhile(url);
        },
        stop: () => Promise.resolve(),
      }),
  };
}

export async function readMetrics(url: string): Promise<void> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`The metrics were answered with ${response.status}.`);
  await response.arrayBuffer();
}
