import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import type { Database } from './database.js';

/** Lists and multi-row inserts have one text for each length: naming those would fill the server with statements. */
const VARIABLE_LENGTH = / IN \(|\), \(/;

/**
 * Lets a generated Prisma client read through a service's own pool. It takes no part in the unit of work, and is refused
 * inside one: waiting there for a second connection, enough requests would wait for each other.
 */
export function prismaAdapter(database: Database): PrismaPg {
  return new PrismaPg(outsideOf(database), {
    schema: database.service,
    statementNameGenerator: ({ sql }) =>
      VARIABLE_LENGTH.test(sql) ? '' : createHash('sha1').update(sql).digest('base64url'),
  });
}

function outsideOf(database: Database): pg.Pool {
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
