import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bindMigrationAwareSqlAdapterFactory,
  type ColumnType,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

const SCHEMA = 'drift';

/**
 * Returns the SQL that a service's migrations lack to match its schema.prisma; empty when they match. Uses any
 * database: everything happens in a transaction that is rolled back. Prisma's engine does not see partial and expression
 * indexes, checks, and the expressions of generated columns: those have their own tests.
 */
export async function drift(prismaFolder: string, databaseUrl: string, schema?: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`begin; create schema ${SCHEMA}; set local search_path to ${SCHEMA}, public`);
    for (const file of globSync('*/migration.sql', { cwd: join(prismaFolder, 'migrations') }).sort()) {
      const sql = readFileSync(join(prismaFolder, 'migrations', file), 'utf8');
      await client.query(sql.replaceAll(/\bconcurrently\b/gi, '')); // not possible in a transaction
    }
    const path = join(prismaFolder, 'schema.prisma');
    return await missingSql(client, path, schema ?? readFileSync(path, 'utf8'));
  } finally {
    await client.end(); // rolls back
  }
}

async function missingSql(client: pg.Client, path: string, content: string): Promise<string> {
  const adapter = introspectionAdapter(client);
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    connect: () => Promise.resolve(adapter),
    connectToShadowDb: () => Promise.reject(new Error('not needed: the migrations are applied already')),
  });
  const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, factory);
  const files = [{ path, content }];
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: '.' }, // the database behind the adapter
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  return exitCode === 0 ? '' : (stdout ?? '');
}

const { BOOL, CHAR, INT2, INT4, INT8, OID } = pg.types.builtins;
const TEXT_ARRAY = 1009;

/** Types of the columns in the engine's catalogue queries; any other type is read as text. */
const columnTypes = new Map<number, ColumnType>([
  [BOOL, ColumnTypeEnum.Boolean],
  [CHAR, ColumnTypeEnum.Character], // Prisma's own adapter refuses "char"
  [INT2, ColumnTypeEnum.Int32],
  [INT4, ColumnTypeEnum.Int32],
  [INT8, ColumnTypeEnum.Int64],
  [OID, ColumnTypeEnum.Int64],
  [TEXT_ARRAY, ColumnTypeEnum.TextArray],
]);

function introspectionAdapter(client: pg.Client): SqlDriverAdapter {
  const readOnly = () => Promise.reject(new Error('a drift check only reads'));
  return {
    provider: 'postgres',
    adapterName: 'drift',
    queryRaw: async ({ sql, args }) => {
      const { fields, rows } = await client.query<unknown[]>({ text: sql, values: args, rowMode: 'array' });
      return {
        columnNames: fields.map(({ name }) => name),
        columnTypes: fields.map(({ dataTypeID }) => columnTypes.get(dataTypeID) ?? ColumnTypeEnum.Text),
        rows,
      };
    },
    getConnectionInfo: () => ({ schemaName: SCHEMA, supportsRelationJoins: true }),
    dispose: () => Promise.resolve(),
    executeRaw: readOnly,
    executeScript: readOnly,
    startTransaction: readOnly,
  };
}
