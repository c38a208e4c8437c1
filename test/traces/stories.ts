import { randomBytes } from 'node:crypto';
import type { Client, Person, Reply } from '../support/platform/client.js';

export type Topology = 'monolith' | 'services';

/** What a user does, and the trace that it must leave. */
export interface Story {
  readonly name: string;
  readonly run: (api: Client, scene: Scene) => Promise<Reply>;
  /** The span of the request. */
  readonly request: string;
  readonly events: readonly Emission[];
}

/** An event of a story: who emits it, and the consumers that must handle it. */
interface Emission {
  readonly topic: string;
  readonly emitter: string;
  readonly consumers: readonly string[];
}

export interface Scene {
  readonly author: Person;
  readonly reader: Person;
  /** A published post of the author. */
  readonly post: string;
}

export const stories: readonly Story[] = [
  {
    name: 'opening an account',
    run: (api) => {
      const handle = `n${randomBytes(6).toString('hex')}`;
      const [email, password] = [`${handle}@example.com`, randomBytes(12).toString('hex')];
      return api.post('/v1/auth/register', { email, password, handle, displayName: 'N' });
    },
    request: 'auth: SERVER POST /v1/auth/register',
    events: [
      {
        topic: 'auth.account',
        emitter: 'auth: SERVER POST /v1/auth/register',
        consumers: ['users.profiles', 'notifications.recipients'],
      },
      {
        topic: 'users.user',
        emitter: 'users: CONSUMER process auth.account (users.profiles)',
        consumers: ['users.cache', 'posts.authors', 'posts.cache', 'notifications.people', 'notifications.handles'],
      },
    ],
  },
  {
    name: 'following somebody',
    run: (api, { author, reader }) => api.put(`/v1/users/${author.id}/follow`, { token: reader.token }),
    request: 'users: SERVER PUT /v1/users/:id/follow',
    events: [
      {
        topic: 'users.user',
        emitter: 'users: SERVER PUT /v1/users/:id/follow',
        consumers: ['users.cache', 'posts.follows', 'notifications.follows'],
      },
    ],
  },
  {
    name: 'publishing a post',
    run: (api, { author: { token } }) =>
      api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token }),
    request: 'posts: SERVER POST /v1/posts',
    events: [
      {
        topic: 'posts.post',
        emitter: 'posts: SERVER POST /v1/posts',
        consumers: ['posts.cache', 'notifications.fan-out', 'notifications.mentions', 'notifications.posts'],
      },
    ],
  },
  {
    name: 'liking a post',
    run: (api, { post, reader: { token } }) => api.put(`/v1/posts/${post}/like`, { token }),
    request: 'posts: SERVER PUT /v1/posts/:id/like',
    events: [
      {
        topic: 'posts.post',
        emitter: 'posts: SERVER PUT /v1/posts/:id/like',
        consumers: ['posts.cache', 'notifications.likes'],
      },
    ],
  },
  {
    name: 'commenting on a post',
    run: (api, { post, reader: { token } }) => api.post(`/v1/posts/${post}/comments`, { body: 'C' }, { token }),
    request: 'posts: SERVER POST /v1/posts/:id/comments',
    events: [
      {
        topic: 'posts.comment',
        emitter: 'posts: SERVER POST /v1/posts/:id/comments',
        consumers: ['posts.cache', 'notifications.comments', 'notifications.comment-told'],
      },
    ],
  },
  {
    name: 'logging in',
    run: (api, { reader: { email, password } }) => api.post('/v1/auth/login', { email, password }),
    request: 'auth: SERVER POST /v1/auth/login',
    events: [],
  },
  {
    name: 'reading a post',
    run: (api, { post }) => api.get(`/v1/posts/${post}`),
    request: 'posts: SERVER GET /v1/posts/:id',
    events: [],
  },
];

/** The exact graph of a story, as `graphOf` writes it. */
export function expectedGraph({ request, events }: Story, topology: Topology): string[] {
  return [request, ...events.flatMap((event) => graphOfEvent(event, topology))].toSorted();
}

function graphOfEvent({ topic, emitter, consumers }: Emission, topology: Topology): string[] {
  const serviceOf = (name: string) => name.split(/[.:]/)[0] ?? '';
  const producer = serviceOf(emitter);
  const services = [...new Set(consumers.map(serviceOf))];
  return [
    `${producer}: wait in outbox ← ${emitter} ⇢ ${producer}: relay`,
    `${producer}: relay ← ${emitter} ⇢ ${emitter}`,
    ...(topology === 'services' ? [`${producer}: CLIENT send ${topic} ← ${producer}: relay ⇢ ${emitter}`] : []),
    ...services.flatMap((service) => [
      ...(topology === 'services' ? [`${service}: wait in topic ← ${emitter}`] : []),
      `${service}: deliver ← ${emitter} ⇢ ${emitter}`,
    ]),
    ...consumers.map(
      (consumer) =>
        `${serviceOf(consumer)}: CONSUMER process ${topic} (${consumer}) ← ${emitter} ⇢ ${serviceOf(consumer)}: deliver`,
    ),
  ];
}
