import { allDelivered } from '../../support/platform/all-delivered.js';
import { Client, type Reply, type RequestOptions } from '../../support/platform/client.js';
import type { Running } from '../subjects/running.js';
import { type Exchange, exchangeOf, normalize } from './normalize.js';

/**
 * What a subject answers to the same story: reads of every kind, writes and their effects on others, and refusals. Normalized, so
 * that two subjects can be compared.
 */
export async function transcriptOf({ platform, field }: Running): Promise<string[]> {
  const api = new Client(platform.url);
  const exchanges: Exchange[] = [];
  const send = async (method: string, path: string, options: RequestOptions = {}): Promise<Reply> => {
    const reply = await api.send(method, path, options);
    exchanges.push(exchangeOf(`${method} ${path}`, reply));
    return reply;
  };
  const [ada = '', bob = ''] = field.accounts.map(({ token }) => token);
  const get = (path: string, token?: string) => send('GET', path, token ? { token } : {});

  const reads = [
    '/v1/posts',
    '/v1/posts?limit=5&sort=title',
    '/v1/posts?cursor=&limit=3',
    '/v1/posts?tag=tag7',
    '/v1/posts?q=word42',
    '/v1/posts?category=category-3&page=2',
    '/v1/posts/post-9999',
    '/v1/posts/post-1/comments?limit=5',
    '/v1/users/person_5',
    '/v1/users/person_5/posts',
    '/v1/users/person_5/followers',
    '/v1/users?q=person_10',
    '/v1/tags?limit=5',
    '/v1/categories',
    '/v1/authors/top?limit=5',
  ];
  for (const path of reads) for (const token of [undefined, bob]) await get(path, token);
  for (const path of ['/v1/users/me', '/v1/feed', '/v1/notifications', '/v1/auth/account']) await get(path, bob);

  await send('POST', '/v1/posts', { token: ada, body: { title: 'A draft', body: '*Not yet.*' } });
  const { body } = await send('POST', '/v1/posts', {
    token: ada,
    body: { title: 'To @account_1', body: 'Hello, @account_1.\n\n- one\n- two', tags: ['News'], status: 'published' },
  });
  const { id, slug } = body.data;
  await allDelivered(platform);
  for (const path of [`/v1/posts/${slug}`, `/v1/posts/${id}`, '/v1/feed?limit=2', '/v1/notifications'])
    await get(path, bob);
  await send('PUT', `/v1/posts/${id}/like`, { token: bob });
  await send('POST', `/v1/posts/${slug}/comments`, { token: bob, body: { body: 'A *remark*.' } });
  await send('PATCH', `/v1/posts/${id}`, { token: ada, body: { title: 'To everybody' } });
  await allDelivered(platform);
  for (const path of [`/v1/posts/${id}`, `/v1/posts/${id}/comments`, '/v1/notifications']) await get(path, ada);
  await send('PATCH', '/v1/users/me', { token: ada, body: { displayName: 'Ada, renamed' } });
  await allDelivered(platform);
  await get(`/v1/posts/${id}`);
  await send('POST', `/v1/posts/${id}/unpublish`, { token: ada });
  await send('DELETE', `/v1/posts/${id}`, { token: bob });
  await send('DELETE', `/v1/posts/${id}`, { token: ada });
  await allDelivered(platform);
  for (const path of [`/v1/posts/${id}`, '/v1/feed?limit=2', '/v1/notifications']) await get(path, bob);

  for (const path of [
    '/v1/feed',
    '/v1/posts?limit=1000',
    '/v1/posts/nothing',
    '/v1/users/nobody',
    '/v1/nothing',
    '/nothing',
  ])
    await get(path);
  await send('POST', '/v1/posts', { token: ada, body: { title: '', unknown: 1 } });
  await send('POST', '/v1/posts', { token: ada, raw: '{"title":' });
  await send('POST', '/v1/auth/login', { body: { email: 'nobody@example.com', password: 'a wrong password' } });
  await send('POST', '/v1/auth/login', { body: { email: 'nobody' } });
  await send('DELETE', '/v1/posts');
  await send('PATCH', '/v1/posts/post-9999', { token: ada, body: { title: 'Not mine' } });
  return normalize(exchanges);
}
