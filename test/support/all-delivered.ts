import pg from 'pg';
import { eventually } from './eventually.js';

const services = ['auth', 'users', 'posts', 'notifications'];

/**
 * Resolves when every event that was written so far has had all its effects: a row leaves its outbox after that, and what
 * it causes is in an outbox before.
 */
export async function allDelivered(url: string): Promise<void> {
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  const waiting = services.map((service) => `select id from ${service}.outbox`).join(' union all ');
  await eventually('all events are delivered', async () => (await sql.query(waiting)).rowCount === 0);
  await sql.end();
}
