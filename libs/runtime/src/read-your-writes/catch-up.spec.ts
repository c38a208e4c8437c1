import { describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { type EventRuntime, type Inbox, seenKey } from '#events';
import { CatchUp, type CatchUpSource } from './catch-up.js';

const EVENT = { type: 'users.user.updated.v1', id: 'e' };

/** A service with one awaited consumer; the test controls which events it has seen and which accounts it knows. */
function source() {
  const seen = new Set<string>();
  const known = new Set<string>();
  const queries = { inbox: 0, accounts: 0 };
  const inbox = {
    seen: () => {
      queries.inbox++;
      return Promise.resolve(seen);
    },
  } as unknown as Inbox;
  const knownAccounts = (ids: readonly string[]) => {
    queries.accounts++;
    return Promise.resolve(ids.filter((id) => known.has(id)));
  };
  const database = { service: 'posts' } as Database;
  const asSource: CatchUpSource = { database, inbox, knownAccounts };
  return { source: asSource, seen, known, queries };
}

const services = { awaitedIn: () => ['posts.authors'] } as unknown as EventRuntime;

describe('Catching up', () => {
  it('resolves at once if no consumer is awaited', async () => {
    const { source: here, queries } = source();
    await new CatchUp({ awaitedIn: () => [] } as unknown as EventRuntime).until(here, [EVENT], undefined);
    expect(queries).toEqual({ inbox: 0, accounts: 0 });
  });

  it('resolves when the event has been seen and the account is known', async () => {
    const { source: here, seen, known } = source();
    const wait = new CatchUp(services).until(here, [EVENT], 'account');
    seen.add(seenKey('posts.authors', EVENT.id));
    known.add('account');
    await expect(wait).resolves.toBe(true);
  });

  it('queries once per poll for all waits, at most 1,000, and rejects the next at once', async () => {
    const { source: here, seen, queries } = source();
    const catchUp = new CatchUp(services);
    const waits = Array.from({ length: 1_000 }, () => catchUp.until(here, [EVENT], undefined));
    await expect(catchUp.until(here, [EVENT], undefined)).rejects.toThrow('NOT_CAUGHT_UP');
    seen.add(seenKey('posts.authors', EVENT.id));
    await Promise.all(waits);
    expect(queries.inbox).toBeLessThan(5);
  });

  it('fails at once if the database is unavailable', async () => {
    const { source: here } = source();
    const away = { ...here, inbox: { seen: () => Promise.reject(new Error('away')) } as unknown as Inbox };
    await expect(new CatchUp(services).until(away, [EVENT], undefined)).rejects.toThrow('away');
  });
});
