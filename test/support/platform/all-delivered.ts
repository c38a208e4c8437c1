import { topicsConsumedBy } from '#contracts';
import { Broker, lagOf } from '#events';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { services } from '../infrastructure/parts.js';
import type { Platform } from './platform.js';

const consumingServices = services.map((name) => ({ name, topics: topicsConsumedBy(name) }));

type Delivering = Pick<Platform, 'databases' | 'operator'>;

/**
 * Resolves when every event written so far has been handled by all its consumers. In process, a row leaves its outbox
 * only after that; with a broker in between, every group must have committed its offsets as well. Events that a handler
 * causes are in an outbox before that.
 */
export async function allDelivered(platform: Delivering, timeoutMs?: number): Promise<void> {
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
  try {
    const delivered = async () => {
      if (!(await outboxesAreEmpty())) return false;
      if (!broker) return true;
      return (await isConsumed(broker, consumingServices)) && outboxesAreEmpty();
    };
    await eventually('all events are delivered', delivered, timeoutMs);
  } finally {
    await Promise.all(clients.map(({ sql }) => sql.end()));
  }
}

/** Whether each of these services has consumed its topics to the end. */
export async function isConsumed(
  broker: Broker,
  consumingServices: readonly { readonly name: string; readonly topics: readonly string[] }[],
): Promise<boolean> {
  const lags = await Promise.all(
    consumingServices.filter(({ topics }) => topics.length > 0).map(({ name, topics }) => lagOf(broker, name, topics)),
  );
  return lags.flat().every(({ behind }) => behind === 0);
}
