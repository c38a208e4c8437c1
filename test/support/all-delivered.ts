import { topics } from '#contracts';
import { Broker, lagOf } from '#events';
import pg from 'pg';
import { eventually } from './eventually.js';
import { services } from './parts.js';
import type { Platform } from './platform.js';

type Delivering = Pick<Platform, 'databases' | 'operator'>;

/**
 * Resolves when every event that was written so far has had all its effects. In process a row leaves its outbox after
 * them; with a broker in between, every group must have committed as well; and what an event causes is in an outbox
 * before that.
 */
export async function allDelivered(platform: Delivering): Promise<void> {
  const clients = await Promise.all(
    services.map(async (service) => {
      const sql = new pg.Client({ connectionString: platform.databases[service] });
      await sql.connect();
      return { sql, service };
    }),
  );
  const { KAFKA_BROKERS: kafka, KAFKA_NAMESPACE: namespace = '' } = platform.operator;
  const broker = kafka ? await Broker.of({ brokers: [kafka], namespace }, 'test') : undefined;
  const outboxesAreEmpty = async () => {
    const counts = await Promise.all(
      clients.map(({ sql, service }) => sql.query(`select id from ${service}.outbox limit 1`)),
    );
    return counts.every(({ rowCount }) => rowCount === 0);
  };
  await eventually('all events are delivered', async () => {
    if (!(await outboxesAreEmpty())) return false;
    if (!broker) return true;
    return (await isConsumed(broker)) && outboxesAreEmpty();
  });
  await Promise.all(clients.map(({ sql }) => sql.end()));
}

async function isConsumed(broker: Broker): Promise<boolean> {
  const lags = await Promise.all(
    services.map(async (service) => {
      const heard = topics.filter(({ heardBy }) => heardBy.includes(service)).map(({ name }) => name);
      return heard.length > 0 ? lagOf(broker, service, heard) : [];
    }),
  );
  return lags.flat().every(({ behind }) => behind === 0);
}
