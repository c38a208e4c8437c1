export { Database } from './database.js';
export { deleteInBatches } from './delete-in-batches.js';
export type { Expired } from './delete-in-batches.js';
export { DatabaseModule } from './database.module.js';
export { DatabaseServer } from './database-server.js';
export { DataFolderInUse, lockDataFolder, assertDataFolder, resetDataFolder } from './embedded/data-folder.js';
export {
  isForeignKeyViolation,
  isTimeout,
  isTransient,
  isUnavailable,
  isUniqueViolation,
  isUnstorableText,
} from './errors.js';
export { freePort } from './embedded/free-port.js';
export { assertReachable, DatabaseUnreachable, migrate } from './migrations.js';
export { packageRoot } from '#telemetry';
export { databaseSettings, databaseUrlOf } from './settings.js';
export { findEmbeddedPostgres, hasEmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
export { prismaAdapter, prismaProvider } from './prisma.js';
export { diskFull, UserError } from './user-error.js';
export { columnsOf, pick, rowOf } from './sql/columns.js';
export { allStatements, once, perShape, queryBuilder } from './sql/statements.js';
export type { Statement } from './sql/statements.js';
