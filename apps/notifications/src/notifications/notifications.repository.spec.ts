import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { eventually } from '../../../../test/support/eventually.js';
import { ProjectionsRepository } from '../projections/projections.repository.js';
import { NotificationsRepository } from './notifications.repository.js';

describe('A notification of a comment that is deleted concurrently', () => {
  let test: TestDatabase;
  let database: Database;
  let notifications: NotificationsRepository;
  let commentId: string;

  beforeAll(async () => {
    test = await testDatabase('notifications');
    ({ database } = test);
    notifications = new NotificationsRepository(database);
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await database.query('truncate notifications, comments');
    commentId = uuidv7();
    await upsertComment(false);
  });

  const upsertComment = (deleted: boolean) =>
    new ProjectionsRepository(database, notifications).upsertComments([
      { id: commentId, postId: uuidv7(), excerpt: '', deleted },
    ]);
  const addNotification = () =>
    notifications.add([
      { type: 'comment.created', eventId: uuidv7(), recipientId: uuidv7(), commentId, createdAt: new Date() },
    ]);

  /** Runs `first` in a transaction and, before that commits, `second` in another one, which must wait for it. */
  const runConcurrently = async (first: () => Promise<void>, second: () => Promise<void>) => {
    const [done, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const one = database.transaction(async () => {
      await first();
      done.resolve();
      await go.promise;
    });
    await done.promise;
    const other = database.transaction(second);
    await eventually('the second waits for the first', async () => {
      const waiting = await database.query(
        `select 1 from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`,
      );
      return waiting.length === 1;
    });
    go.resolve();
    await Promise.all([one, other]);
    return database.query<{ state: string }>('select state from notifications');
  };

  it('is withdrawn if the deletion comes first', async () => {
    expect(await runConcurrently(() => upsertComment(true), addNotification)).toEqual([{ state: 'withdrawn' }]);
  });

  it('is withdrawn if the notification comes first', async () => {
    expect(await runConcurrently(addNotification, () => upsertComment(true))).toEqual([{ state: 'withdrawn' }]);
  });
});
