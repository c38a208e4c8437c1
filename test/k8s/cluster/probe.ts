import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceNames } from '#contracts';
import { packageRoot } from '#database';
import pg from 'pg';
import { buildImage } from './images.js';
import { apply, forward, kubectl, list, secret, whenRolledOut } from './kubectl.js';

/** The delivery test's consumer in the cluster, and a connection to a database in which all tables are visible. */
export interface Probe {
  readonly client: pg.Client;
  stop(): Promise<void>;
}

/** Builds, loads and starts the probe, with a database of its own on the Postgres of the platform. */
export async function startProbe(): Promise<Probe> {
  const image = await buildImage('probe', packageRoot());
  const forwarded = await forward('service/postgres', 5432);
  const password = await secret('postgres', 'POSTGRES_PASSWORD');
  const connect = async (database: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port: forwarded.port, user: 'postgres', password, database });
    await client.connect();
    return client;
  };
  const server = await connect('postgres');
  await server.query('drop database if exists probe with (force)');
  await server.query('create database probe');
  await server.end();
  await startPods(image, password);
  const client = await connect('probe');
  await importSchemas(client, password);
  return {
    client,
    stop: async () => {
      await client.end();
      forwarded.stop();
      await kubectl('delete', 'deployment/probe', 'networkpolicy/probe', 'networkpolicy/probe-keys', 'secret/probe');
    },
  };
}

async function startPods(image: string, password: string): Promise<void> {
  const [settings] = (await list('configmaps', 'app.kubernetes.io/name!=none'))
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith('settings-'))
    .toSorted();
  const stringData = {
    DATABASE_URL: `postgresql://postgres:${password}@postgres:5432/probe`,
    REDIS_URL: await secret('posts', 'REDIS_URL'),
  };
  await apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'probe' }, stringData }]);
  const manifests = await readFile(join(packageRoot(), 'test/k8s/cluster/probe.yaml'), 'utf8');
  await apply(manifests.replace('PROBE_IMAGE', image).replace('SETTINGS', settings ?? ''));
  await whenRolledOut('probe');
}

/** Makes the tables of all services visible beside those of the probe. */
async function importSchemas(client: pg.Client, password: string): Promise<void> {
  await client.query('create extension postgres_fdw');
  for (const service of serviceNames)
    await client.query(
      `create server ${service} foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname '${service}');
       create user mapping for current_user server ${service} options (user 'postgres', password '${password}');
       create schema ${service};
       import foreign schema ${service} from server ${service} into ${service}`,
    );
}
