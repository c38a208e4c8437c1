import { queryBuilder } from '#database';
import type { DB } from './generated/tables/tables.js';

export type * from './generated/tables/tables.js';

/** Writes SQL for the tables of this service; `Database.run` runs it. */
export const db = queryBuilder<DB>();
