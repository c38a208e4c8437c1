import { describe, expect, it } from '@jest/globals';
import { services } from '../../support/infrastructure/parts.js';
import { type Field, operations, ownerOf, requests } from './mix.js';

const field: Field = {
  urls: Object.fromEntries(services.map((service) => [service, `http://${service}`])) as Field['urls'],
  accounts: [{ token: 't', email: 'a@example.com', password: 'p' }],
  posts: 10_000,
};

const SAMPLES = 20_000;

function sample(seed: number, ...which: Parameters<typeof requests>[2][]) {
  const next = requests(field, seed, ...which);
  return Array.from({ length: SAMPLES }, (_, number) => next(number));
}

describe('The mixed load', () => {
  it('has shares of a hundred', () => {
    expect(operations.reduce((sum, { share }) => sum + share, 0)).toBe(100);
  });

  it('is the same for the same seed, and another one for another seed', () => {
    const texts = (seed: number) => sample(seed).map((each) => each.bytes.toString());
    expect(texts(1)).toEqual(texts(1));
    expect(texts(1)).not.toEqual(texts(2));
  });

  it('has each operation as often as its share says', () => {
    const counts = Map.groupBy(sample(3), ({ operation }) => operation);
    for (const { name, share } of operations)
      expect((counts.get(name)?.length ?? 0) / SAMPLES).toBeCloseTo(share / 100, 2);
  });

  it('sends each request to the service that owns its route', () => {
    for (const { bytes, url } of sample(4)) {
      const [, path = ''] = bytes.toString().split(' ');
      const isOfPosts = path.startsWith('/v1/posts') || path === '/v1/feed' || /^\/v1\/users\/\w+\/posts$/.test(path);
      expect(url === 'http://posts').toBe(isOfPosts);
    }
  });

  it('says which service owns an operation', () => {
    const owners = Object.groupBy(operations, ownerOf);
    expect(owners.auth?.map(({ name }) => name)).toEqual(['log in']);
    expect(owners.users?.map(({ name }) => name)).toEqual(['profile']);
    expect(owners.notifications?.map(({ name }) => name)).toEqual(['notifications']);
  });

  it('reads no draft: of the template, one post in twenty is one', () => {
    for (const { bytes } of sample(5, ({ name }) => name === 'read a post')) {
      const [, number = ''] = /post-(\d+) /.exec(bytes.toString()) ?? [];
      expect(Number(number)).toBeGreaterThan(0);
      expect(Number(number)).toBeLessThanOrEqual(10_000);
      expect(Number(number) % 20).not.toBe(7);
    }
  });
});
