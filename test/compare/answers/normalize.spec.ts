import { describe, expect, it } from '@jest/globals';
import { type Exchange, firstDifference, normalize } from './normalize.js';

const ids = ['01890000-0000-7000-8000-00000000abcd', '01890000-0000-7000-8000-00001234abcd'] as const;
const others = ['01999999-0000-7000-8000-0000ffff0000', '01999999-0000-7000-8000-0000ffff1111'] as const;

function transcript(
  [first, second]: readonly [string, string],
  time: string,
  { likes = 0, version = 1 } = {},
): Exchange[] {
  const post = { id: first, slug: `a-title-${first.slice(-8)}`, likes, author: { id: second }, createdAt: time };
  const headers = { etag: `"${version}-${Buffer.from(time).toString('base64url').slice(-16)}"` };
  return [
    { request: 'GET /v1/posts/x', status: 200, headers, text: JSON.stringify({ data: post }) },
    { request: `GET /v1/posts/${post.slug}`, status: 200, headers, text: JSON.stringify({ data: post }) },
  ];
}

const base = normalize(transcript(ids, '2026-01-01T00:00:00.000Z'));
const differenceTo = (other: Exchange[]) => firstDifference(base, normalize(other));

describe('A normalized transcript', () => {
  it('is the same for other ids, times and tags', () => {
    expect(differenceTo(transcript(others, '2026-02-02T00:00:00.000Z'))).toBeUndefined();
  });

  it.each([
    ['a value', transcript(others, '2026-02-02T00:00:00.000Z', { likes: 1 })],
    ['a version in an ETag', transcript(others, '2026-02-02T00:00:00.000Z', { version: 2 })],
    ['which ids are the same', transcript([others[0], others[0]], '2026-02-02T00:00:00.000Z')],
    ['the number of exchanges', transcript(others, '2026-02-02T00:00:00.000Z').slice(1)],
    ['a status', transcript(others, '2026-02-02T00:00:00.000Z').map((each) => ({ ...each, status: 201 }))],
    [
      'a slug that is not of its post',
      transcript(others, '2026-02-02T00:00:00.000Z').map((each) => ({
        ...each,
        text: each.text.replace('ffff0000"', 'ffff9999"'),
      })),
    ],
  ])('is not the same if this differs: %s', (_, other) => {
    expect(differenceTo(other)).toMatch(/^exchange 1:/);
  });
});
