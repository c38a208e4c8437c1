import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Permission, policy } from '#runtime';
import { type Person, tokenOf } from '../support/client.js';
import { platformDocument } from '../support/platform-document.js';
import { personWithRole, platform } from '../support/story.js';

const api = platform();

const callers = ['anonymous', 'reader', 'author', 'editor', 'admin'] as const;
type Caller = (typeof callers)[number];

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly permission: Permission;
}

/** Whoever ends their session can ask no more. */
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

describe('Of every route and every role', () => {
  const people: Partial<Record<Caller, Person>> = {};

  beforeAll(async () => {
    for (const role of ['reader', 'editor', 'admin'] as const) people[role] = await personWithRole(api, role);
    people.author = await api.person();
  });

  it('those who may not are refused, and nobody else is', async () => {
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
          wrong.push(`${caller}: ${method} ${path} was answered with ${reply.status} ${reply.body.code}`);
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

describe('What belongs to somebody', () => {
  const people: Partial<Record<'owner' | 'reader' | 'stranger' | 'editor' | 'admin', Person>> = {};
  const make = async (status: 'draft' | 'published') =>
    (await api.post('/v1/posts', { title: 'T', body: 'B', status }, { token: people.owner?.token ?? '' })).body.data.id;

  beforeAll(async () => {
    [people.owner, people.stranger] = [await api.person(), await api.person()];
    for (const role of ['reader', 'editor', 'admin'] as const) people[role] = await personWithRole(api, role);
  });

  const ask = async (who: keyof typeof people, method: string, path: string, body?: unknown) => {
    const reply = await api.send(method, path, { token: people[who]?.token ?? '', ...(body ? { body } : {}) });
    return [reply.status, reply.body.code];
  };

  it.each([
    ['owner', [200, undefined], [200, undefined]],
    ['reader', [404, 'POST_NOT_FOUND'], [403, 'FORBIDDEN']],
    ['stranger', [404, 'POST_NOT_FOUND'], [404, 'POST_NOT_FOUND']],
    ['editor', [200, undefined], [200, undefined]],
    ['admin', [200, undefined], [200, undefined]],
  ] as const)('a draft is for its author and moderators: %s', async (who, reading, changing) => {
    const draft = await make('draft');
    expect(await ask(who, 'GET', `/v1/posts/${draft}`)).toEqual(reading);
    expect(await ask(who, 'PATCH', `/v1/posts/${draft}`, { title: 'U' })).toEqual(changing);
  });

  it.each([
    ['owner', [200, undefined]],
    ['reader', [403, 'FORBIDDEN']],
    ['stranger', [403, 'NOT_YOUR_POST']],
    ['editor', [200, undefined]],
    ['admin', [200, undefined]],
  ] as const)('a published post is changed by its author and moderators: %s', async (who, changing) => {
    expect(await ask(who, 'PATCH', `/v1/posts/${await make('published')}`, { title: 'U' })).toEqual(changing);
  });

  it('drafts are listed for their author, and those of everybody for moderators', async () => {
    const draft = await make('draft');
    const listed = async (who: keyof typeof people) => {
      const options = { token: people[who]?.token ?? '' };
      const { data } = (await api.get('/v1/posts?status=draft&limit=100', options)).body;
      return data.some(({ id }) => id === draft);
    };
    expect([await listed('owner'), await listed('editor'), await listed('admin')]).toEqual([true, true, true]);
    expect([await listed('stranger'), await listed('reader')]).toEqual([false, false]);
  });

  it('a reader follows and likes, and writes nothing', async () => {
    const post = await make('published');
    const follow = await api.put(`/v1/users/${people.owner?.id}/follow`, { token: people.reader?.token ?? '' });
    expect([follow.status, tokenOf(follow) !== '']).toEqual([204, true]);
    expect(await ask('reader', 'PUT', `/v1/posts/${post}/like`)).toEqual([204, undefined]);
    expect(await ask('reader', 'POST', `/v1/posts/${post}/comments`, { body: 'C' })).toEqual([403, 'FORBIDDEN']);
    expect(await ask('reader', 'POST', '/v1/posts', { title: 'T', body: 'B' })).toEqual([403, 'FORBIDDEN']);
  });
});
