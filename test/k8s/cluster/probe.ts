import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceNames } from '#contracts';
import { packageRoot } from '#database';
import pg from 'pg';
import { importSchemas } from '../../support/database/foreign-schemas.js';
import { buildImage } from './images.js';
import { apply, forward, kubectl, secret, whenRolledOut } from './kubectl.js';

/** The delivery test's consumer in the cluster, and a connection to a database in which all tables are visible. */
export interface Probe {
  readonly client: pg.Client;
  stop(): Promise<void>;
}

/** Builds, loads and starts the probe, with a database of its own on the Postgres of the platform. */
export async function startProbe(): Promise<Probe> {
  const image = await buildImage('probe', packageRoot(), 'dist/test/delivery/process.js');
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
  const databases = serviceNames.map((service) => ({ service, host: '127.0.0.1', database: service }));
  await importSchemas(client, databases, password);
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
  const { envFrom } = JSON.parse(
    await kubectl('get', 'deployment', 'posts', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
  ) as { envFrom: { configMapRef?: { name: string } }[] };
  const settings = envFrom.find(({ configMapRef }) => configMapRef)?.configMapRef?.name ?? '';
  const stringData = {
    DATABASE_URL: `postgresql://postgres:${password}@postgres:5432/probe`,
    REDIS_URL: await secret('posts', 'REDIS_URL'),
  };
  await apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'probe' }, stringData }]);
  const manifests = await readFile(join(packageRoot(), 'test/k8s/cluster/probe.yaml'), 'utf8');
  await apply(manifests.replace('PROBE_IMAGE', image).replace('SETTINGS', settings));
  await whenRolledOut('probe');
}
