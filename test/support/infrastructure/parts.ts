import { serviceNames as services, type ServiceName as Service } from '#contracts';
import { randomBytes } from 'node:crypto';
import { Broker, prepareTopics } from '#events';
import pg from 'pg';

/** The addresses of Postgres, Kafka and Redis, which all platforms of a test run share. */
export interface Parts {
  /** URL with the credentials of a superuser. */
  readonly postgres: string;
  readonly kafka: string;
  readonly redis: string;
}

export { services, type Service };

/** The databases, topics and namespaces of one platform. */
export interface OwnParts {
  /** The settings of its processes. */
  readonly settings: Record<string, string>;
  /** Database URLs by service, each with its own credentials. */
  readonly databases: Readonly<Record<Service, string>>;
}

export function partsOfThisRun(): Parts | undefined {
  const parts = process.env['TEST_PARTS'];
  return parts ? (JSON.parse(parts) as Parts) : undefined;
}

/**
 * Creates a database per service to which only its own role can connect, and topics; Kafka and Redis are shared under a
 * namespace.
 */
export async function ownParts({ postgres, kafka, redis }: Parts): Promise<OwnParts> {
  const name = `t${randomBytes(4).toString('hex')}`;
  const databases: Partial<Record<Service, string>> = {};
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  for (const service of services) {
    const own = `${name}_${service}`;
    const url = new URL(postgres);
    [url.username, url.password, url.pathname] = [own, randomBytes(8).toString('hex'), `/${own}`];
    await client.query(`create role ${own} login password '${url.password}'`);
    await client.query(`create database ${own} owner ${own}`);
    await client.query(`revoke connect on database ${own} from public`);
    databases[service] = url.href;
  }
  await client.end();
  const namespace = `${name}.`;
  await prepareTopics(await Broker.of({ brokers: [kafka], namespace }, 'test'), { partitions: 6, replicas: 1 });
  return {
    settings: {
      KAFKA_BROKERS: kafka,
      KAFKA_NAMESPACE: namespace,
      REDIS_URL: redis,
      REDIS_NAMESPACE: namespace,
      ...Object.fromEntries(
        services.map((service) => [`${service.toUpperCase()}_DATABASE_URL`, databases[service] ?? '']),
      ),
    },
    databases: databases as Record<Service, string>,
  };
}

/** The same for all services, such as the database of a monolith. */
export function forAll<T>(value: T): Record<Service, T> {
  return Object.fromEntries(services.map((service) => [service, value])) as Record<Service, T>;
}
