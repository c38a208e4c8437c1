import { randomBytes, randomUUID } from 'node:crypto';
import { Broker, prepareTopics } from '#events';
import pg from 'pg';
import { seed } from '../../bench/growth/seed.js';
import { forAll, type OwnParts, type Parts, type Service, services } from '../../support/infrastructure/parts.js';
import { allDelivered } from '../../support/platform/all-delivered.js';
import { Client } from '../../support/platform/client.js';
import { startPlatform, type Platform, type Topology } from '../../support/platform/platform.js';

/** An account that takes part in the load. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export const POSTS = 10_000;
const ACCOUNTS = 20;
/** Of the people who wrote the posts, each account follows as many. */
const FOLLOWED = 20;

/**
 * The databases with which every visit begins: 10,000 posts of a thousand people, and accounts that follow some of them and
 * each other. Each visit gets copies, so that no one finds what another one has written.
 */
export class Template {
  private constructor(
    private readonly parts: Parts,
    private readonly name: string,
    readonly accounts: readonly Account[],
    /** Of all processes: the keys in the copied databases are sealed with it. */
    readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async make(parts: Parts): Promise<Template> {
    const name = `compare_${randomBytes(4).toString('hex')}`;
    const settings = { MASTER_KEY: randomBytes(32).toString('hex') };
    const url = databaseAt(parts, name);
    await withClient(parts.postgres, (client) => client.query(`create database ${name}`));
    const accounts = await fill(url, () => startPlatform(settings, { topology: 'monolith', own: onOne(url) }));
    return new Template(parts, name, accounts, settings);
  }

  /** Copies the databases for a visit: one for a monolith, one for each of several processes with services of their own. */
  async copy(topology: Topology): Promise<OwnParts & { drop(): Promise<void> }> {
    const copy = `${this.name}_${randomBytes(4).toString('hex')}`;
    const names: Record<Topology, readonly string[]> = {
      monolith: ['all'],
      mixture: ['all', 'notifications'],
      services,
    };
    const databases = names[topology].map((each) => `${copy}_${each}`);
    await withClient(this.parts.postgres, async (client) => {
      for (const each of databases)
        await client.query(`create database ${each} template ${this.name} strategy file_copy`);
      await client.query('checkpoint');
    });
    const urlOf = (service: Service) =>
      databaseAt(this.parts, databases.find((each) => each.endsWith(`_${service}`)) ?? databases[0] ?? '');
    const urls = Object.fromEntries(services.map((service) => [service, urlOf(service)])) as Record<Service, string>;
    const namespace = `${copy}.`;
    if (topology !== 'monolith')
      await prepareTopics(await Broker.of({ brokers: [this.parts.kafka], namespace }, 'compare'), {
        partitions: 6,
        replicas: 1,
      });
    return {
      settings: {
        KAFKA_BROKERS: this.parts.kafka,
        KAFKA_NAMESPACE: namespace,
        REDIS_URL: this.parts.redis,
        REDIS_NAMESPACE: namespace,
        ...urlSettings(urls),
      },
      databases: urls,
      drop: () =>
        withClient(this.parts.postgres, async (client) => {
          for (const each of databases) await client.query(`drop database ${each} with (force)`);
        }),
    };
  }
}

/** Fills the databases of a platform, and stops it. Returns its accounts. */
export async function fill(url: string | undefined, start: () => Promise<Platform>): Promise<Account[]> {
  const platform = await start();
  try {
    await withClient(url ?? platform.databases.posts, (client) =>
      seed({ query: async (sql) => void (await client.query(sql)) }, POSTS),
    );
    const accounts = await makeAccounts(new Client(platform.url));
    await allDelivered(platform);
    return accounts;
  } finally {
    await platform.stop();
  }
}

async function makeAccounts(api: Client): Promise<Account[]> {
  const people = [];
  for (let number = 0; number < ACCOUNTS; number++)
    people.push(await api.personWithProfile(`Account ${number}`, `account_${number}`));
  for (const [number, { token, id }] of people.entries()) {
    const others = people.filter((each) => each.id !== id).map((each) => each.id);
    const seeded = Array.from({ length: FOLLOWED }, (_, n) => `person_${1 + ((number * 37 + n * 11) % 1_000)}`);
    await Promise.all([...others, ...seeded].map((who) => follow(api, who, token)));
  }
  return people.map(({ id, email, password }) => ({ id, email, password }));
}

async function follow(api: Client, who: string, token: string): Promise<void> {
  const reply = await api.put(`/v1/users/${who}/follow`, { token, headers: { 'Idempotency-Key': randomUUID() } });
  if (reply.status !== 204) throw new Error(`Following ${who} was answered with ${reply.status}: ${reply.text}`);
}

const onOne = (url: string): OwnParts => ({
  settings: urlSettings(forAll(url)),
  databases: forAll(url),
});

function urlSettings(urls: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(urls).map(([service, url]) => [`${service.toUpperCase()}_DATABASE_URL`, url]),
  );
}

function databaseAt({ postgres }: Parts, name: string): string {
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  return url.href;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
