import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { expiredResponses, Housekeeping } from './housekeeping.js';

describe('Housekeeping', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
  });

  afterAll(async () => {
    await test.close();
  });

  it('deletes stored responses after 24 hours, and none before', async () => {
    const { database } = test;
    for (const [key, age] of [
      ['old', '24 hours 1 second'],
      ['young', '23 hours 59 minutes'],
    ]) {
      await database.query(
        `insert into idempotency_keys (account_id, method, route, key, fingerprint, status, headers, body, created_at)
         values ($1, 'POST', '/v1/posts', $2, '', 201, '{}', '', now() - $3::interval)`,
        [randomUUID(), key, age],
      );
    }
    await new Housekeeping(database, [expiredResponses]).deleteExpired();
    expect(await database.query('select key from idempotency_keys')).toEqual([{ key: 'young' }]);
  });

  it('does not throw if the database fails', async () => {
    await expect(
      new Housekeeping(test.database, [{ table: 'idempotency_keys', where: '1/0 = 1' }]).deleteExpired(),
    ).resolves.toBeUndefined();
  });
});
