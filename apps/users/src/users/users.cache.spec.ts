import { beforeEach, describe, expect, it } from '@jest/globals';
import { cacheOn } from '../../../../test/support/cache.js';
import { UsersCache } from './users.cache.js';
import type { UserRow, UsersRepository } from './users.repository.js';

describe('A profile in the cache', () => {
  let handles: Map<string, string>;
  let cache: UsersCache;
  const [ann, bob] = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b'] as const;

  beforeEach(() => {
    handles = new Map([[ann, 'poet']]);
    const find = (where: { id?: string; handle?: string }) => {
      const found = [...handles].find(([id, handle]) => id === where.id || handle === where.handle);
      return Promise.resolve(found ? ({ id: found[0], handle: found[1], createdAt: new Date(0) } as UserRow) : null);
    };
    cache = new UsersCache(cacheOn(), { find } as unknown as UsersRepository);
  });

  const rename = async (id: string, handle: string) => {
    const before = handles.get(id);
    handles.set(id, handle);
    await cache.invalidate({ id, handle }, { id, handle: before ?? handle });
  };
  const idOf = async (handle: string) => (await cache.find(handle))?.profile.id;

  it('is found by the handle that it has now, and no longer by an earlier one', async () => {
    expect(await idOf('poet')).toBe(ann);
    await rename(ann, 'novelist');
    expect([await idOf('poet'), await idOf('novelist')]).toEqual([undefined, ann]);
    await rename(bob, 'poet');
    expect([await idOf('poet'), await idOf('novelist')]).toEqual([bob, ann]);
  });

  it('is not found by a handle that another process has given to somebody else', async () => {
    expect(await idOf('poet')).toBe(ann);
    // The caches are shared, what this process remembers is not.
    await rename(ann, 'novelist');
    await rename(bob, 'poet');
    expect(await idOf('poet')).toBe(bob);
  });
});
