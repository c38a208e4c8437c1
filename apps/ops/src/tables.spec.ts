import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/database/database.js';
import { inTransactions, tablesOf } from './tables.js';

describe('Copying tables', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
  });

  afterAll(async () => {
    await test.close();
  });

  it('has no statement timeout and no idle timeout', async () => {
    await inTransactions([test.database], 'isolation level repeatable read', async ([first]) => {
      for (const setting of ['statement_timeout', 'idle_in_transaction_session_timeout']) {
        const found = await first?.client.query(`show ${setting}`);
        expect(found?.rows).toEqual([{ [setting]: '0' }]);
      }
    });
  });

  it('orders tables by their foreign keys, and leaves out generated columns', async () => {
    const tables = await inTransactions([test.database], '', async ([first]) => (first ? tablesOf(first) : []));
    const place = (name: string) => tables.findIndex((table) => table.name === name);
    expect(place('categories')).toBeLessThan(place('posts'));
    for (const name of ['comments', 'likes', 'imports']) expect(place(name)).toBeGreaterThan(place('posts'));
    expect(tables[place('posts')]?.columns).not.toContain('search');
    expect(place('_prisma_migrations')).toBe(-1);
  });

  it('rolls back if it fails', async () => {
    const failing = inTransactions([test.database], '', async ([first]) => {
      await first?.client.query(`insert into tags values ('left', 1)`);
      throw new Error('broken off');
    });
    await expect(failing).rejects.toThrow('broken off');
    expect(await test.database.query('select from tags')).toEqual([]);
  });
});
