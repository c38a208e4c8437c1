import type pg from 'pg';

/** The process id of the server that a client is connected to. */
export async function postmasterOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`);
  return Number.parseInt(rows[0]?.file ?? '', 10);
}
