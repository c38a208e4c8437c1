import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { hash } from '@node-rs/argon2';
import { type Arena, type ArenaDatabase, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { loadedSide } from '../loaded-side.js';
import { Load, requestBytes } from '../load.js';
import { makeWritersOf } from '../people.js';
import { startSide } from '../side-process.js';
import { HASH, password } from '../sides/shared/password.js';
import type { Figure } from '../statistics/figures.js';
import { post } from '../statistics/texts.js';

const POSTS = 10_000;
const AUTHORS = 1_000;
const CONNECTIONS = 16;
const LOG_INS_AT_ONCE = 4;
const SECRET = 'a secret that only the benchmark has';

const peers = [
  { peer: 'express-prisma', name: 'Express + Prisma' },
  { peer: 'nest-prisma', name: 'Nest + Fastify + Prisma' },
];

/** A request of the peers, and ours for the same. */
interface Operation {
  readonly key: string;
  readonly name: string;
  readonly operations: number;
  readonly ours: Server;
  readonly theirs: Server;
}

interface Server {
  readonly entry: string;
  readonly folder?: string;
  readonly status: number;
  readonly settings?: Record<string, string>;
  readonly request: (number: number, token: string) => Buffer;
}

const get = (path: (number: number) => string) => (number: number) => requestBytes('GET', path(number));
const slug = (number: number) => `post-${1 + (number % AUTHORS)}`;
const handle = (number: number) => `person_${1 + (number % AUTHORS)}`;
const uncached = { CACHE_TTL: '0' };
const posts = { entry: 'twofold-posts', status: 200 };
const theirs = { entry: '', folder: 'peers', status: 200, settings: { JWT_SECRET: SECRET } };
const credentials = { email: 'person_1@example.com', password };

const operations: readonly Operation[] = [
  {
    key: 'read',
    name: 'a post by slug',
    operations: 3_000,
    ours: { ...posts, settings: uncached, request: get((number) => `/v1/posts/${slug(number)}`) },
    theirs: { ...theirs, request: get((number) => `/posts/${slug(number)}`) },
  },
  {
    key: 'cached',
    name: 'a post by slug, with our cache',
    operations: 3_000,
    ours: { ...posts, request: get((number) => `/v1/posts/${slug(number)}`) },
    theirs: { ...theirs, request: get((number) => `/posts/${slug(number)}`) },
  },
  {
    key: 'list',
    name: 'first page of all posts',
    operations: 500,
    ours: { ...posts, settings: uncached, request: get(() => '/v1/posts') },
    theirs: { ...theirs, request: get(() => '/posts') },
  },
  {
    key: 'author',
    name: 'posts of an author',
    operations: 1_000,
    ours: { ...posts, settings: uncached, request: get((number) => `/v1/users/${handle(number)}/posts`) },
    theirs: { ...theirs, request: get((number) => `/users/${handle(number)}/posts`) },
  },
  {
    key: 'create',
    name: 'create a post',
    operations: 1_000,
    ours: { ...posts, status: 201, request: (_, token) => requestBytes('POST', '/v1/posts', token, post) },
    theirs: { ...theirs, status: 201, request: (_, token) => requestBytes('POST', '/posts', token, post) },
  },
  {
    key: 'login',
    name: 'log in',
    operations: 40,
    ours: {
      entry: 'twofold-auth',
      status: 200,
      settings: { LOGINS_PER_MINUTE: '1000000' },
      request: () => requestBytes('POST', '/v1/auth/login', undefined, credentials),
    },
    theirs: { ...theirs, request: () => requestBytes('POST', '/login', undefined, credentials) },
  },
];

export const peerFigures: readonly Figure[] = operations.flatMap((operation) =>
  peers.map(({ peer, name }) => ({
    key: `${operation.key}-${peer.replace('-prisma', '')}`,
    operations: operation.operations,
    prepare: (arena) => contest(arena, operation, peer),
    lines: [{ name: `${operation.name}, of ${name}`, of: 'cpu' }],
  })),
);

export const peerLegend = `
The limit is a blog as it is usually written (test/bench/peers): Express or Nest with Fastify, Prisma with relations by include,
and a count for page numbers. ${POSTS.toLocaleString('en')} posts of ${AUTHORS.toLocaleString('en')} authors on both sides. A ratio above 1 means that ours takes less CPU time, that of
Postgres included. Ours does more: likes and comments are counted, Markdown is rendered and sanitised, a creation publishes an
event that is relayed, a log-in stores a session; each response has an ETag, a trace id and the headers of an API. "posts of an author"
and lists answer without bodies on both sides. Our cache is off except where the line names it. The hash of a log-in is the same.
`;

async function contest(arena: Arena, { ours, theirs: peers, key }: Operation, peer: string): Promise<Contest> {
  const people = Array.from({ length: AUTHORS }, () => randomUUID());
  const { writers, publicKey } = await makeWritersOf(people.slice(0, 1));
  const database = await arena.database(['auth', 'posts']);
  const plain = await arena.database([]);
  await fillOurs(database, people);
  await fillTheirs(plain, people);
  const concurrency = key === 'login' ? LOG_INS_AT_ONCE : CONNECTIONS;
  const limit = await serverSide({ ...peers, entry: peer }, plain, concurrency, logInAtPeer);
  const token = () => Promise.resolve(writers[0]?.token ?? '');
  const settings = { ...ours.settings, BENCH_PUBLIC_KEY: publicKey };
  return { limit, ours: await serverSide({ ...ours, settings }, database, concurrency, token) };
}

async function serverSide(
  { entry, folder, status, settings, request }: Server,
  database: ArenaDatabase,
  concurrency: number,
  tokenFrom: (url: string) => Promise<string>,
): Promise<Side> {
  const server = await startSide(entry, { ...settingsFor(database), ...settings }, folder);
  const token = await tokenFrom(server.url);
  return loadedSide(server, new Load(server.url, concurrency), (number) => request(number, token), status);
}

async function logInAtPeer(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/login`, { method: 'POST', headers, body: JSON.stringify(credentials) });
  return ((await reply.json()) as { data: { token: string } }).data.token;
}

const NUMBERED = `select n, 'post-' || n as slug, ($2::uuid[])[1 + n % ${AUTHORS}] as author, now() - n * interval '1 minute' as at
  from generate_series(1, $1) n`;
const PEOPLE = `select id, n, 'person_' || n as handle, 'person_' || n || '@example.com' as email
  from unnest($1::uuid[]) with ordinality as person (id, n)`;

async function fillOurs(database: ArenaDatabase, people: readonly string[]): Promise<void> {
  await database.query(
    `insert into auth.accounts (id, email, password_hash, role) select id, email, $2, 'author' from (${PEOPLE}) p`,
    [people, await hash(password, HASH)],
  );
  await database.query(`insert into posts.authors select id, handle, 'Ada Lovelace', null, 1 from (${PEOPLE}) p`, [
    people,
  ]);
  await database.query(
    `insert into posts.posts (id, author_id, slug, title, body, body_html, status, tags, mentions, published_at)
     select gen_random_uuid(), author, slug, $3, $4, $4, 'published', $5, '{}', at from (${NUMBERED}) p`,
    [POSTS, people, post.title, post.body, post.tags],
  );
  await database.query('vacuum analyze');
}

async function fillTheirs(database: ArenaDatabase, people: readonly string[]): Promise<void> {
  await database.query(readFileSync(join(packageRoot(), 'test/bench/peers/tables.sql'), 'utf8'));
  await database.query(`insert into users select id, email, $2, handle, 'Ada Lovelace' from (${PEOPLE}) p`, [
    people,
    await hash(password, HASH),
  ]);
  await database.query(
    `insert into posts select gen_random_uuid(), author, slug, $3, $4, $5, at, at, at from (${NUMBERED}) p`,
    [POSTS, people, post.title, post.body, post.tags],
  );
  await database.query('vacuum analyze');
}
