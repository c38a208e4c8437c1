import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { allDelivered } from '../../support/platform/all-delivered.js';
import { Client } from '../../support/platform/client.js';
import type { Service } from '../../support/infrastructure/parts.js';
import { atPace } from '../../support/load/at-pace.js';
import { replaceProcess } from '../measure/faults.js';
import type { Running } from '../subjects/running.js';
import { withClient } from '../subjects/template.js';

/** A reason that is given for splitting, and the trouble that shows whether it holds. */
export interface Reason {
  readonly key: string;
  readonly title: string;
  /** The services in which the trouble is; the others are bystanders. */
  readonly where: readonly Service[];
  /** What is done while others read. */
  readonly trouble: string;
  /** Run instead of the product, as path in the build; it may crash. */
  readonly entry?: string;
  /** What keeps the trouble small in the product: the monolith is shown without it too. */
  readonly remedy?: Remedy;
  prepare?(running: Running): Promise<void>;
  /** Causes the trouble, and resolves when it is over. */
  cause(running: Running): Promise<void>;
}

export interface Remedy {
  readonly without: string;
  readonly entry?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export const FOLLOWERS = 100_000;
const LOG_INS = { every: 6, count: 800 };
const TEXTS = { every: 250, count: 40 };
const RELEASES = 3;
const MAX_FAN_OUT_MS = 120_000;
const CRASHES_FOR_MS = 15_000;

export const fanOut = {
  key: 'fan-out',
  where: ['notifications'],
  title: 'A fan-out to 100,000 followers',
  trouble: 'An author with 100,000 followers publishes a post. Over when all are notified.',
  prepare: ({ platform }: Running) =>
    withClient(platform.databases.notifications, async (client) => {
      await client.query(
        `insert into notifications.follow_intervals (follower_id, followee_id, opened_sequence, since)
         select gen_random_uuid(), id, 1, '-infinity' from generate_series(1, ${FOLLOWERS}),
           (select id from notifications.people where handle = 'account_0') as author`,
      );
      await client.query('analyze notifications.follow_intervals');
    }),
  cause: async ({ platform, field }: Running) => {
    const { token = '' } = field.accounts[0] ?? {};
    const body = { title: 'To everybody', body: 'Hello.', status: 'published' };
    const reply = await new Client(platform.url).post('/v1/posts', body, { token });
    if (reply.status !== 201) throw new Error(reply.text);
    await withClient(platform.databases.notifications, (client) =>
      eventually(
        'all followers are notified',
        async () => {
          const { rows } = await client.query<{ left: number }>(
            `select count(*)::int as left from notifications.fan_out_jobs`,
          );
          const { rowCount } = await client.query('select from notifications.publications where post_id = $1', [
            reply.body.data.id,
          ]);
          return rowCount === 1 && rows[0]?.left === 0;
        },
        MAX_FAN_OUT_MS,
      ),
    );
  },
} satisfies Reason;

export const reasons: readonly Reason[] = [
  fanOut,
  {
    key: 'log-ins',
    where: ['auth'],
    title: 'A burst of log-ins',
    trouble: `${LOG_INS.count} log-ins, one every ${LOG_INS.every} ms: each hashes a password for 15 ms or more.`,
    remedy: { without: 'all processors for passwords', settings: { PASSWORDS_AT_ONCE: '4' } },
    cause: async ({ platform, field }) => {
      const { email = '', password = '' } = field.accounts[0] ?? {};
      await atPace(LOG_INS, async () => {
        await new Client(platform.url).post('/v1/auth/login', { email, password });
      });
    },
  },
  {
    key: 'markdown',
    where: ['posts'],
    title: 'Texts of 100,000 characters',
    trouble: `${TEXTS.count} posts of 100,000 characters of Markdown, one every ${TEXTS.every} ms: each takes long to render.`,
    remedy: { without: 'rendering in the event loop', entry: 'dist/test/compare/subjects/inline.program.js' },
    cause: async ({ platform, field }) => {
      const { token = '' } = field.accounts[1] ?? {};
      const line = 'A *word* and `another`, [a link](https://example.com), **more** words.\n\n- an item\n- another\n\n';
      const body = line.repeat(Math.floor(100_000 / line.length));
      await atPace(TEXTS, async (number) => {
        await new Client(platform.url).post('/v1/posts', { title: `Long ${number}`, body }, { token });
      });
    },
  },
  {
    key: 'crash-loop',
    where: ['notifications'],
    title: 'A crash loop in one part',
    trouble:
      'A comment ends the process that handles its event in notifications, again at each start; a supervisor starts it again after a second.',
    entry: 'dist/test/compare/subjects/crashing.program.js',
    cause: async (running) => {
      const { platform, field } = running;
      const { token = '' } = field.accounts[2] ?? {};
      const reply = await new Client(platform.url).post(
        '/v1/posts/post-1/comments',
        { body: 'Hello, @crash_loop.' },
        { token },
      );
      if (reply.status !== 201) throw new Error(reply.text);
      await supervise(running, CRASHES_FOR_MS);
    },
  },
  {
    key: 'releases',
    where: ['posts', 'notifications'],
    title: 'Two teams release at once',
    trouble: `The teams of posts and of notifications release ${RELEASES} times each, every five seconds, without waiting for each other. One replica of each process.`,
    cause: async ({ platform }) => {
      const release = async (service: 'posts' | 'notifications') => {
        for (let number = 0; number < RELEASES; number++) {
          await delay(service === 'posts' ? 2_000 : 4_500);
          // Of several replicas one after the other.
          for (const each of platform.processes.filter(({ services }) => services.includes(service)))
            await replaceProcess(platform, each);
        }
      };
      // Of a monolith there is one thing to release, so that they wait for each other after all.
      const isShared = platform.processes.some(
        ({ services }) => services.includes('posts') && services.includes('notifications'),
      );
      if (isShared) for (const team of ['posts', 'notifications'] as const) await release(team);
      else await Promise.all([release('posts'), release('notifications')]);
    },
  },
];

/** Starts processes again that end, each a second after it did, for some time. */
async function supervise({ platform }: Running, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  const watch = async (name: string) => {
    while (performance.now() < until) {
      const found = platform.processes.find((each) => each.name === name);
      const ended = await Promise.race([found?.ended, delay(200)]);
      if (ended === undefined) continue;
      await delay(1_000);
      await platform.restart(name).catch(() => undefined);
    }
  };
  await Promise.all(platform.processes.map(({ name }) => watch(name)));
  await allDelivered(platform).catch(() => undefined);
}
