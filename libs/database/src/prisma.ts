import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import type { Database } from './database.js';

/** Lists and multi-row inserts have one text for each length: naming those would fill the server with statements. */
const VARIABLE_LENGTH = / IN \(|\), \(/;

/** Lets a generated Prisma client read through a service's own pool. It takes no part in the unit of work. */
export function prismaAdapter(database: Database): PrismaPg {
  return new PrismaPg(database.pool, {
    schema: database.service,
    statementNameGenerator: ({ sql }) =>
      VARIABLE_LENGTH.test(sql) ? '' : createHash('sha1').update(sql).digest('base64url'),
  });
}
