import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '#database';
import { testDatabase, type TestDatabase } from '../../../test/support/database/database.js';
import { EventClock } from './event-clock.js';

const HOUR_MS = 3_600_000;

describe('EventClock', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await testDatabase('posts');
    ({ database } = test);
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await database.query(`update event_clock set latest = 'epoch'`);
    jest.restoreAllMocks();
  });

  const setClock = (time: number) => jest.spyOn(Date, 'now').mockReturnValue(time);

  it('never goes back when the clock of the machine is set back by an hour', async () => {
    const clock = new EventClock(database);
    await clock.ready();
    const now = Date.now();
    setClock(now);
    const before = clock.now();
    setClock(now - HOUR_MS);
    expect([clock.now().getTime(), clock.now().getTime()]).toEqual([before.getTime() + 1, before.getTime() + 2]);
    setClock(now + 5);
    expect(clock.now().getTime()).toBe(now + 5);
  });

  it('continues from the latest time of an earlier process or a replica', async () => {
    const one = new EventClock(database);
    await one.ready();
    const latest = one.now();
    await one.stop();
    setClock(Date.now() - HOUR_MS);
    const other = new EventClock(database);
    await other.ready();
    expect(other.now().getTime()).toBe(latest.getTime() + 1);
  });

  it('is never before a consumed event, unless that is more than two hours ahead', async () => {
    const clock = new EventClock(database);
    await clock.ready();
    const ahead = new Date(Date.now() + HOUR_MS);
    clock.observe([ahead.toISOString(), new Date(Date.now() + 48 * HOUR_MS).toISOString(), '2999-01-01T00:00:00.000Z']);
    expect(clock.now().getTime()).toBe(ahead.getTime() + 1);
  });

  it('is not ready while the database is unavailable', async () => {
    const broken = { query: () => Promise.reject(new Error('unavailable')) } as unknown as Database;
    const clock = new EventClock(broken);
    await expect(clock.ready()).rejects.toThrow('unavailable');
    await expect(clock.ready()).rejects.toThrow('unavailable');
  });
});
