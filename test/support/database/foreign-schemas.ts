import type pg from 'pg';

/** A database on a Postgres server, as another server reaches it. */
export interface ForeignDatabase {
  readonly service: string;
  readonly host: string;
  readonly database: string;
}

/** Makes the tables of services visible in the database of `client`, as foreign tables in schemas with their names. */
export async function importSchemas(
  client: pg.Client,
  databases: readonly ForeignDatabase[],
  password: string,
): Promise<void> {
  await client.query('create extension postgres_fdw');
  for (const { service, host, database } of databases) {
    await client.query(
      `create server ${service} foreign data wrapper postgres_fdw options (host '${host}', dbname '${database}');
       create user mapping for current_user server ${service} options (user 'postgres', password '${password}');
       create schema ${service};
       import foreign schema ${service} from server ${service} into ${service}`,
    );
  }
}
