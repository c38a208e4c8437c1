import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Searching posts', () => {
  let author: Person;

  const search = async (q: string, more = '') =>
    (await api.get(`/v1/posts?q=${encodeURIComponent(q)}&author=${author.id}${more}`)).body;
  const titles = async (q: string, more = '') => (await search(q, more)).data.map((item) => item.title);
  const write = (title: string, body: string, more: object = {}) =>
    api.post('/v1/posts', { title, body, status: 'published', ...more }, { token: author.token });

  beforeAll(async () => {
    author = await api.person('Author');
    await write('Cooking with gas', 'A relay of cooks. The *quick* ragout.', { summary: 'About kitchens' });
    await write('The relay', 'Relays move rows from the outbox. A relay leases buckets.');
    await write('Outbox', 'Events wait here for the relay, <b>quickly</b>.', { tags: ['delivery'] });
    await write('Hidden', 'A relay in a draft.', { status: 'draft' });
  });

  it('finds all inflected forms of a word, best match first', async () => {
    expect(await titles('relay')).toEqual(['The relay', ...(await titles('relay')).slice(1)]);
    expect(new Set(await titles('relays'))).toEqual(new Set(['The relay', 'Outbox', 'Cooking with gas']));
    expect(await titles('cook')).toEqual(['Cooking with gas']);
    expect(await titles('kitchen')).toEqual(['Cooking with gas']);
    expect(await titles('nothing of the sort')).toEqual([]);
  });

  it('supports phrases, "or" and exclusion', async () => {
    expect(await titles('"quick ragout"')).toEqual(['Cooking with gas']);
    expect(await titles('"ragout quick"')).toEqual([]);
    expect(new Set(await titles('ragout or leases'))).toEqual(new Set(['Cooking with gas', 'The relay']));
    expect(new Set(await titles('relay -ragout'))).toEqual(new Set(['The relay', 'Outbox']));
  });

  it('accepts any text, except empty, too long or with NUL', async () => {
    for (const q of [
      '"',
      '-',
      '& | !',
      ':*',
      "'; drop table posts;--",
      '((',
      'the',
      '%',
      '\\',
      '🙂',
      'a:b',
      '<b>',
      ' ',
    ]) {
      const reply = await api.get(`/v1/posts?q=${encodeURIComponent(q)}`);
      expect([q, reply.status]).toEqual([q, 200]);
    }
    for (const q of ['', '\0', 'x'.repeat(201)]) {
      const reply = await api.get(`/v1/posts?q=${encodeURIComponent(q)}`);
      expect([reply.status, reply.body.errors[0]?.path]).toEqual([400, '/q']);
    }
  });

  it('highlights matches, as escaped HTML', async () => {
    const { data } = await search('quickly');
    const outbox = data.find((item) => item.title === 'Outbox');
    expect(outbox?.highlights).toEqual({
      title: 'Outbox',
      body: expect.stringContaining('<mark>quickly</mark>'),
    });
    expect(outbox?.highlights?.body).not.toContain('<b>');
    await write('A <img src=x> & a relay', '&lt;img src=x onerror=alert(1)&gt; <i title="a>b">dangerous</i> relay');
    const [found] = (await search('dangerous')).data;
    expect(found?.highlights?.title).toBe('A &lt;img src=x&gt; &amp; a relay');
    expect(found?.highlights?.body).toContain('<mark>dangerous</mark>');
    expect(found?.highlights?.body.replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>]/);
    expect((await api.get(`/v1/posts?author=${author.id}`)).body.data[0]).not.toHaveProperty('highlights');
  });

  it('combines with filters, sort orders, pages and cursors', async () => {
    expect(await titles('relay', '&tag=delivery')).toEqual(['Outbox']);
    expect(await titles('relay', '&sort=title')).toEqual([
      'A <img src=x> & a relay',
      'Cooking with gas',
      'Outbox',
      'The relay',
    ]);
    const all = await titles('relay');
    for (const sort of ['-relevance', 'relevance', '-publishedAt', 'title']) {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { data, meta } = await search('relay', `&sort=${sort}&limit=1&cursor=${cursor}`);
        found.push(...data.map((item) => item.title));
        cursor = meta.nextCursor;
      }
      expect(found).toEqual(await titles('relay', `&sort=${sort}`));
      expect(new Set(found)).toEqual(new Set(all));
    }
    expect((await search('relay', '&limit=1&page=2')).meta).toMatchObject({ total: all.length, page: 2 });
    const first = await search('relay', '&limit=1&cursor=');
    const other = await api.get(`/v1/posts?q=outbox&cursor=${first.meta.nextCursor}`);
    expect([other.status, other.body.errors[0]?.path]).toEqual([400, '/cursor']);
    for (const rank of ['1e-99', '1e99', 'x', '-1', '']) {
      const position = JSON.stringify(['posts published undefined relay', rank, author.id]);
      const crafted = Buffer.from(position).toString('base64url');
      const reply = await api.get(`/v1/posts?q=relay&cursor=${crafted}`);
      expect([rank, reply.status, reply.body.code]).toEqual([rank, 400, 'VALIDATION_FAILED']);
    }
    const withoutQuery = await api.get('/v1/posts?sort=-relevance');
    expect([withoutQuery.status, withoutQuery.body.errors[0]?.path]).toEqual([400, '/sort']);
  });

  it('finds own drafts with status=draft', async () => {
    const reply = await api.get('/v1/posts?q=relay&status=draft', { token: author.token });
    expect(reply.body.data.map((item) => item.title)).toEqual(['Hidden']);
  });
});
