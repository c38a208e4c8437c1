/** The limit of the figures about posts: Fastify, `pg` with named statements, and only what the figure measures. */
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { importJWK, type JWK, jwtVerify } from 'jose';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { answerParent, endOnSignal } from './shared/answer-parent.js';
import { addPost, type ContentOfPost, readPost, toAnswer, type WholePost } from './bare-statements.js';

const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'] ?? '',
  options: '-c search_path=posts,public -c timezone=UTC',
  max: 10,
});
const key = await importJWK(JSON.parse(process.env['BENCH_PUBLIC_KEY'] ?? '') as JWK, 'RS256');
const server = Fastify();
const JSON_TYPE = 'application/json; charset=utf-8';

server.post<{ Body: ContentOfPost }>('/v1/posts', async (request, reply) => {
  const { payload } = await jwtVerify(request.headers.authorization?.slice(7) ?? '', key, {
    typ: 'at+jwt',
    issuer: 'twofold',
    audience: 'twofold',
    algorithms: ['RS256'],
  });
  const { text, values, answer } = addPost(uuidv7(), payload.sub ?? '', request.body);
  await pool.query({ name: 'add', text, values });
  return reply.code(201).send(answer);
});

server.get<{ Params: { id: string } }>('/v1/posts/:id', async (request, reply) => {
  const answer = await answerOf(request.params.id);
  return answer === undefined ? reply.code(404).send() : reply.type(JSON_TYPE).send(answer);
});

// One string, built once: the best that a cache can do.
const cached = new Map<string, string>();
server.get<{ Params: { id: string } }>('/cached/:id', async (request, reply) => {
  const { id } = request.params;
  const known = cached.get(id) ?? (await answerOf(id)) ?? '';
  cached.set(id, known);
  return reply.type(JSON_TYPE).send(known);
});

// One round trip to Redis for the same bytes, in one pipeline with those of other requests, as on our side.
const redis = process.env['REDIS_URL']
  ? new Redis(process.env['REDIS_URL'], { enableAutoPipelining: true })
  : undefined;
server.get<{ Params: { id: string } }>('/redis/:id', async (request, reply) => {
  const name = `bare:${request.params.id}`;
  const known = await redis?.get(name);
  if (known) return reply.type(JSON_TYPE).send(known);
  const answer = (await answerOf(request.params.id)) ?? '';
  await redis?.set(name, answer);
  return reply.type(JSON_TYPE).send(answer);
});

const url = await server.listen({ host: '127.0.0.1', port: 0 });
endOnSignal(async () => {
  redis?.disconnect();
  await server.close();
});
answerParent(url);

async function answerOf(id: string): Promise<string | undefined> {
  const { rows } = await pool.query<WholePost>({ name: 'read', text: readPost, values: [id, null] });
  return rows[0] && JSON.stringify(toAnswer(rows[0]));
}
