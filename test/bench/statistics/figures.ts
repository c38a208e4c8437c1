import type { Arena } from '../arena.js';
import { createPosts, createPostsWithRelay, readPosts, readPostsAgain, readPostsWithToken } from '../contests/posts.js';
import { drain, relayOnAndOff } from '../contests/relay.js';
import { logIn } from '../contests/log-in.js';
import { start, startUnbundled } from '../contests/start.js';
import type { Contest, Cost } from '../contest.js';

/** One value that is reported of a comparison. */
export interface Line {
  readonly name: string;
  readonly of: keyof Cost;
  /** The minimum that is accepted, and the goal. Both are absent if the value is only reported. */
  readonly floor?: number;
  readonly aim?: number;
  /** Reported as a multiple of the limit's cost, or as MiB more than it, instead of a part of its speed. */
  readonly as?: 'multiple' | 'difference';
}

export interface Figure {
  /** Its name for `--only`. */
  readonly key: string;
  readonly operations: number;
  readonly prepare: (arena: Arena) => Promise<Contest>;
  /** CPU time of what both sides use in addition to Postgres, in microseconds. */
  readonly cpuOfPart?: () => number;
  readonly lines: readonly Line[];
  /** What each side does for one operation, for who compares them; absent where a legend says it. */
  readonly sides?: { readonly limit: string; readonly ours: string };
}

const cpu = (name: string, floor: number, aim: number): Line[] => [{ name, of: 'cpu', floor, aim }];

const BARE_READ = 'Fastify; one named statement that returns the whole post; JSON.stringify';
/** What our answers from the cache do. */
export const CACHED = 'before Fastify and Nest; trace context, metrics, ETag, headers of an API';
const ROUTE = 'Nest; route and query checked; trace context, metrics, ETag, headers of an API';
const BARE_CREATE =
  'Fastify; the token verified; one named statement that inserts post and event, with the triggers that keep counts and tags';
const OUR_CREATE = `${ROUTE}; the token verified, the body checked, the account looked up; Markdown rendered and sanitised, mentions read, a slug chosen; post and event in a unit of work, with the same triggers; the cache invalidated`;

export const figures: readonly Figure[] = [
  {
    key: 'create',
    operations: 1_500,
    prepare: createPosts,
    lines: cpu('create post', 0.5, 0.85),
    sides: { limit: BARE_CREATE, ours: OUR_CREATE },
  },
  {
    key: 'created',
    operations: 1_500,
    prepare: createPostsWithRelay,
    lines: [{ name: 'create post, and relay its event', of: 'cpu' }],
    sides: { limit: BARE_CREATE, ours: `${OUR_CREATE}; the event relayed from the outbox` },
  },
  {
    key: 'read',
    operations: 3_000,
    prepare: readPosts,
    lines: cpu('uncached GET of a post', 0.5, 0.85),
    sides: { limit: BARE_READ, ours: `${ROUTE}; the same statement` },
  },
  {
    key: 'cached',
    operations: 6_000,
    prepare: readPostsAgain,
    lines: cpu('cached GET of a post', 0.4, 0.8),
    sides: {
      limit: 'Fastify; one string from a Map, built once, without expiry, invalidation or bound',
      ours: `${CACHED}; a cache with expiry, epochs and a bound`,
    },
  },
  {
    key: 'token',
    operations: 3_000,
    prepare: readPostsWithToken,
    lines: [{ name: 'cached GET with a token', of: 'cpu', floor: 2, aim: 2, as: 'multiple' }],
    sides: {
      limit: 'our cached GET, anonymous',
      ours: 'the same with a token that was verified before: its session looked at, the like of the viewer from the cache, an ETag of its own',
    },
  },
  {
    key: 'relay',
    operations: 1_500,
    prepare: relayOnAndOff,
    lines: cpu('16 writers, relay on', 0.9, 0.97),
    sides: { limit: 'our create, while no relay takes the events', ours: 'our create, while the relay takes them' },
  },
  {
    key: 'drain',
    operations: 100_000,
    prepare: drain,
    lines: cpu('drain of 100,000 rows', 0.6, 0.95),
    sides: {
      limit: 'rows are deleted in batches and parsed; a crash loses them',
      ours: 'buckets are leased, rows read in batches, handed to a transport that accepts them, and deleted; a crash repeats them',
    },
  },
  {
    key: 'login',
    operations: 60,
    prepare: logIn,
    lines: cpu('log-in', 0.9, 0.97),
    sides: {
      limit: 'argon2 with the same parameters; nothing else',
      ours: `${ROUTE}; the same hash; the account read, the session and its refresh token stored, a token signed`,
    },
  },
  {
    key: 'start',
    operations: 1,
    prepare: start,
    lines: [
      { name: 'start to first answer', of: 'cpu', floor: 1.5, aim: 1.1, as: 'multiple' },
      { name: 'memory after it', of: 'memory', floor: 1.5, aim: 1.1, as: 'multiple' },
    ],
    sides: {
      limit: 'Nest, Fastify, a pool per service, two Prisma clients, argon2; one route',
      ours: 'the monolith, bundled: settings and migrations checked, four services with all routes and their schemas, delivery, cache, metrics',
    },
  },
  {
    key: 'start-unbundled',
    operations: 1,
    prepare: startUnbundled,
    lines: [
      { name: 'start, unbundled', of: 'cpu', as: 'multiple' },
      { name: 'memory after it, unbundled', of: 'memory', as: 'multiple' },
    ],
    sides: { limit: 'the same', ours: 'the same, as tsc has built it' },
  },
];
