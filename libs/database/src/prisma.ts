import { createHash } from 'node:crypto';
import type { FactoryProvider } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { Database } from './database.js';

/** IN lists and multi-row inserts have one text per length: naming them would accumulate statements on the server. */
const VARIABLE_LENGTH = / IN \(|\), \(/;

/**
 * Lets a generated Prisma client read through a service's own pool. Prisma does not join the unit of work, so it is
 * refused inside one: requests that hold a connection and wait for a second one could deadlock on the pool.
 */
export function prismaAdapter(database: Database): PrismaPg {
  return new PrismaPg(poolOutsideTransaction(database), {
    schema: database.service,
    statementNameGenerator: ({ sql }) =>
      VARIABLE_LENGTH.test(sql) ? '' : createHash('sha1').update(sql).digest('base64url'),
  });
}

/** Provides a service's generated client. */
export function prismaProvider<Client>(
  client: new (options: { adapter: PrismaPg }) => Client,
): FactoryProvider<Client> {
  return {
    provide: client,
    useFactory: (database: Database) => new client({ adapter: prismaAdapter(database) }),
    inject: [Database],
  };
}

function poolOutsideTransaction(database: Database): pg.Pool {
  return new Proxy(database.pool, {
    get(pool, property) {
      if ((property === 'query' || property === 'connect') && database.inTransaction) {
        throw new Error('Prisma reads outside the unit of work: use Database.query here.');
      }
      const value: unknown = Reflect.get(pool, property, pool);
      return typeof value === 'function' ? value.bind(pool) : value;
    },
  });
}
