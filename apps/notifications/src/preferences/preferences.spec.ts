import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { Database, isUnavailable, prismaProvider } from '#database';
import pg, { DatabaseError } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { PrismaClient } from '../generated/prisma/client.js';
import type { Preferences } from './preferences.dto.js';
import { PreferencesRepository } from './preferences.repository.js';
import { PreferencesService } from './preferences.service.js';

describe('Preferences', () => {
  let test: TestDatabase;
  let module: TestingModule;
  let preferences: PreferencesService;

  beforeAll(async () => {
    test = await testDatabase('notifications');
    module = await Test.createTestingModule({
      providers: [
        PreferencesService,
        PreferencesRepository,
        prismaProvider(PrismaClient),
        { provide: Database, useValue: test.database },
      ],
    }).compile();
    preferences = module.get(PreferencesService);
  });

  afterAll(async () => {
    await module.close();
    await test.close();
  });

  const read = async (recipient: string) => ((await preferences.read(recipient)).body as { data: Preferences }).data;
  const always = { assert: () => undefined };

  it('enable every channel of every type until they are set', async () => {
    const all = await read(uuidv7());
    expect(Object.values(all).length).toBeGreaterThan(4);
    for (const channels of Object.values(all)) expect(channels).toEqual({ inApp: true, email: true, webhook: true });
  });

  it.each([
    ['is starting', Object.assign(new DatabaseError('starting', 8, 'error'), { code: '57P03', severity: 'FATAL' })],
    [
      'cancels the statement',
      Object.assign(new DatabaseError('cancelled', 8, 'error'), { code: '57014', severity: 'ERROR' }),
    ],
    ['gives no connection', new Error('timeout exceeded when trying to connect')],
    ['ends the connection', new Error('Connection terminated unexpectedly')],
  ])('are unavailable, and nothing worse, while Postgres %s', async (_, failure) => {
    const pool = new pg.Pool();
    pool.query = () => Promise.reject(failure);
    const database = { service: 'notifications', inTransaction: false, pool } as unknown as Database;
    const prisma = prismaProvider(PrismaClient).useFactory(database) as PrismaClient;
    const error: unknown = await new PreferencesRepository(database, prisma).find(uuidv7()).catch((e: unknown) => e);
    expect(isUnavailable(error)).toBe(true);
  });

  it('are replaced as a whole, for one recipient', async () => {
    const [one, other] = [uuidv7(), uuidv7()];
    await preferences.replace(one, { mention: { inApp: false } }, always);
    expect((await read(one)).mention).toEqual({ inApp: false, email: true, webhook: true });
    expect((await read(other)).mention.inApp).toBe(true);
    await preferences.replace(one, { 'post.liked': { email: false } }, always);
    expect((await read(one)).mention.inApp).toBe(true);
    expect((await read(one))['post.liked'].email).toBe(false);
  });

  it('are replaced by one of several concurrent requests that have read the same version', async () => {
    const recipient = uuidv7();
    const precondition = {
      assert: (version: number) => {
        if (version !== 1) throw new Error('stale');
      },
    };
    const replace = () => preferences.replace(recipient, { mention: { inApp: false } }, precondition);
    const results = await Promise.allSettled(Array.from({ length: 5 }, replace));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await preferences.read(recipient)).version).toBe(2);
  });
});
