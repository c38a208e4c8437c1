import { randomBytes } from 'node:crypto';
import { Broker, prepareTopics } from '#events';
import pg from 'pg';

/** The addresses of what a platform in several processes needs, shared by all platforms of a test run. */
export interface Parts {
  /** Of a superuser. */
  readonly postgres: string;
  readonly kafka: string;
  readonly redis: string;
}

export const services = ['auth', 'users', 'posts', 'notifications'] as const;
export type Service = (typeof services)[number];

/** What one platform has of them to itself. */
export interface OwnParts {
  /** Everything that its processes must be told. */
  readonly settings: Record<string, string>;
  /** By service. Each has credentials of its own. */
  readonly databases: Readonly<Record<Service, string>>;
}

export function partsOfThisRun(): Parts | undefined {
  const parts = process.env['TEST_PARTS'];
  return parts ? (JSON.parse(parts) as Parts) : undefined;
}

/** A database per service that only its own role may enter, topics, and names of its own on what is shared. */
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
