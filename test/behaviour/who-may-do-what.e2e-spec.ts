import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Permission, policy } from '#runtime';
import { type Person, tokenOf } from '../support/platform/client.js';
import { platformDocument } from '../support/platform/platform-document.js';
import { personWithRole, platform } from '../support/platform/story.js';

const api = platform();

const callers = ['anonymous', 'reader', 'author', 'editor', 'admin'] as const;
type Caller = (typeof callers)[number];

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly permission: Permission;
}

/** Runs last: it ends the session that the other requests use. */
const LAST = 'POST /v1/auth/logout';

async function operations(): Promise<Operation[]> {
  const { paths } = await platformDocument();
  const all = Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { 'x-permission'?: Permission }>).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        permission: operation['x-permission'] ?? 'participate',
      })),
    )
    .filter(({ path }) => path.startsWith('/v1'));
  const isLast = ({ method, path }: Operation) => `${method} ${path}` === LAST;
  return [...all.filter((each) => !isLast(each)), ...all.filter(isLast)];
}

describe('Access control', () => {
  const people: Partial<Record<Caller, Person>> = {};

  beforeAll(async () => {
    for (const role of ['reader', 'editor', 'admin'] as const) people[role] = await personWithRole(api, role);
    people.author = await api.person();
  });

  it('every route rejects exactly the roles that lack its permission', async () => {
    const wrong: string[] = [];
    const all = await operations();
    for (const { method, path, permission } of all) {
      const concrete = path.replaceAll(/\{\w+\}/g, () => randomUUID());
      for (const caller of callers) {
        const token = people[caller]?.token;
        const reply = await api.send(method, concrete, token ? { token } : {});
        const least = policy[permission];
        const isAllowed = callers.indexOf(caller) >= callers.indexOf(least);
        const isRefused = reply.body.code === 'UNAUTHENTICATED' || reply.body.code === 'FORBIDDEN';
        const expected = isAllowed ? undefined : caller === 'anonymous' ? 401 : 403;
        if (isRefused === isAllowed || (expected && reply.status !== expected))
          wrong.push(`${caller}: ${method} ${path} returned ${reply.status} ${reply.body.code}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(all.length).toBeGreaterThan(40);
  });

  it('every route names its permission, or needs an account', async () => {
    const counts = Object.groupBy(await operations(), ({ permission }) => permission);
    expect(Object.keys(counts).toSorted()).toEqual(Object.keys(policy).toSorted());
  });
});

describe('Ownership', () => {
  const people: Partial<Record<'owner' | 'reader' | 'stranger' | 'editor' | 'admin', Person>> = {};
  const make = async (status: 'draft' | 'published') =>
    (await api.post('/v1/posts', { title: 'T', body: 'B', status }, { token: people.owner?.token ?? '' })).body.data.id;

  beforeAll(async () => {
    [people.owner, people.stranger] = [await api.person(), await api.person()];
    for (const role of ['reader', 'editor', 'admin'] as const) people[role] = await personWithRole(api, role);
  });

  const request = async (actor: keyof typeof people, method: string, path: string, body?: unknown) => {
    const reply = await api.send(method, path, { token: people[actor]?.token ?? '', ...(body ? { body } : {}) });
    return [reply.status, reply.body.code];
  };

  it.each([
    ['owner', [200, undefined], [200, undefined]],
    ['reader', [404, 'POST_NOT_FOUND'], [403, 'FORBIDDEN']],
    ['stranger', [404, 'POST_NOT_FOUND'], [404, 'POST_NOT_FOUND']],
    ['editor', [200, undefined], [200, undefined]],
    ['admin', [200, undefined], [200, undefined]],
  ] as const)('only its author and moderators read and change a draft: %s', async (actor, reading, changing) => {
    const draft = await make('draft');
    expect(await request(actor, 'GET', `/v1/posts/${draft}`)).toEqual(reading);
    expect(await request(actor, 'PATCH', `/v1/posts/${draft}`, { title: 'U' })).toEqual(changing);
  });

  it.each([
    ['owner', [200, undefined]],
    ['reader', [403, 'FORBIDDEN']],
    ['stranger', [403, 'NOT_YOUR_POST']],
    ['editor', [200, undefined]],
    ['admin', [200, undefined]],
  ] as const)('only its author and moderators change a published post: %s', async (actor, changing) => {
    expect(await request(actor, 'PATCH', `/v1/posts/${await make('published')}`, { title: 'U' })).toEqual(changing);
  });

  it('authors list their own drafts, moderators list all drafts', async () => {
    const draft = await make('draft');
    const listed = async (actor: keyof typeof people) => {
      const options = { token: people[actor]?.token ?? '' };
      const { data } = (await api.get('/v1/posts?status=draft&limit=100', options)).body;
      return data.some(({ id }) => id === draft);
    };
    expect([await listed('owner'), await listed('editor'), await listed('admin')]).toEqual([true, true, true]);
    expect([await listed('stranger'), await listed('reader')]).toEqual([false, false]);
  });

  it('a reader can follow and like, but not write', async () => {
    const post = await make('published');
    const follow = await api.put(`/v1/users/${people.owner?.id}/follow`, { token: people.reader?.token ?? '' });
    expect([follow.status, tokenOf(follow) !== '']).toEqual([204, true]);
    expect(await request('reader', 'PUT', `/v1/posts/${post}/like`)).toEqual([204, undefined]);
    expect(await request('reader', 'POST', `/v1/posts/${post}/comments`, { body: 'C' })).toEqual([403, 'FORBIDDEN']);
    expect(await request('reader', 'POST', '/v1/posts', { title: 'T', body: 'B' })).toEqual([403, 'FORBIDDEN']);
  });
});
