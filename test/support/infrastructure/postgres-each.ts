import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '#database';
import type pg from 'pg';
import { GenericContainer, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { createDatabase } from '../database/database.js';
import { importSchemas } from '../database/foreign-schemas.js';
import { type Service, services } from './parts.js';

const docker = promisify(execFile);
const PASSWORD = 'test';

interface Server {
  readonly url: string;
  readonly container: StartedTestContainer;
}

/** A Postgres server for each service. A further database can import the tables of all of them. */
export class PostgresEach {
  private constructor(private readonly servers: ReadonlyMap<Service, Server>) {}

  static async start(network: StartedNetwork): Promise<PostgresEach> {
    const started = await Promise.all(
      services.map(async (service) => [service, await start(service, network)] as const),
    );
    return new PostgresEach(new Map(started));
  }

  /** Creates a database of this name on each server. Returns the settings with the URLs of the databases. */
  async createDatabases(name: string): Promise<Record<string, string>> {
    const settings = [...this.servers].map(
      async ([service, { url }]) => [`${service.toUpperCase()}_DATABASE_URL`, await createDatabase(url, name)] as const,
    );
    return Object.fromEntries(await Promise.all(settings));
  }

  /**
   * Imports the schemas of all services, as foreign tables, into the database of `client`, which is on a server in the
   * same network.
   */
  async importSchemas(client: pg.Client, name: string): Promise<void> {
    const databases = services.map((service) => ({ service, host: hostOf(service), database: name }));
    await importSchemas(client, databases, PASSWORD);
  }

  /** kill -9, without a restart. */
  async kill(service: Service): Promise<void> {
    await this.docker('kill', service);
  }

  async revive(service: Service): Promise<void> {
    await this.docker('start', service);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers.values()].map(({ container }) => container.stop({ timeout: 0 })));
  }

  private async docker(verb: string, service: Service): Promise<void> {
    await docker('docker', [verb, this.servers.get(service)?.container.getId() ?? '']);
  }
}

const hostOf = (service: Service) => `postgres-of-${service}`;

async function start(service: Service, network: StartedNetwork): Promise<Server> {
  const port = await freePort();
  const container = await new GenericContainer('postgres:17')
    .withNetwork(network)
    .withNetworkAliases(hostOf(service))
    .withExposedPorts({ container: 5432, host: port })
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(120_000)
    .start();
  return { url: `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, container };
}
