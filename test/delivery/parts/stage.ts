import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker, type FailPoint, prepareTopics } from '#events';
import pg from 'pg';
import { isConsumed } from '../../support/platform/all-delivered.js';
import type { Containers } from '../../support/infrastructure/containers.js';
import { createDatabase } from '../../support/database/database.js';
import { temporaryDataFolder } from '../../support/infrastructure/data-folder.js';
import { runOps } from '../../support/platform/ops.js';
import { killMarkPath } from '../faults.js';
import { Fleet, subscribedTopics, type Member, members } from '../fleet.js';
import { undeliveredIn } from '../checking/state.js';

/** Time limit for the delivery of all events after the last write and the last disruption, in milliseconds. */
export const SETTLE_MS = 120_000;
const POLL_INTERVAL_MS = 100;

interface StageOptions {
  readonly replicas?: number;
  readonly wired?: boolean;
  /** Whether Kafka runs as three brokers, with three replicas of each topic. */
  readonly clustered?: boolean;
  /** Whether Postgres has a small disk, which can be filled. */
  readonly onSmallDisk?: boolean;
  /** Whether each service has its own Postgres. */
  readonly databaseEach?: boolean;
  readonly settings?: Record<string, string>;
  /** Additional settings of one member. */
  readonly of?: (member: Member) => Record<string, string>;
}

/**
 * Processes of all services on Kafka, Redis and Postgres in containers, with their own database, topics and consumer
 * groups; and the disruptions that a scenario can cause.
 */
export class Stage {
  /** Number of responses that the clients have received so far. */
  answered = 0;
  /** Times of the disruptions. */
  readonly disruptions: Date[] = [];
  private readonly waiting: { readonly count: number; readonly done: () => void }[] = [];
  private writing = true;

  private constructor(
    readonly containers: Containers,
    readonly fleet: Fleet,
    readonly broker: Broker,
    private readonly databaseUrl: string,
    private readonly folder: { readonly path: string; remove(): Promise<void> },
    private readonly settings: Record<string, string>,
  ) {}

  static async start(
    containers: Containers,
    {
      replicas = 1,
      wired = false,
      clustered = false,
      onSmallDisk = false,
      databaseEach = false,
      settings = {},
      of = () => ({}),
    }: StageOptions,
  ): Promise<Stage> {
    const name = `d${randomBytes(4).toString('hex')}`;
    const postgres = onSmallDisk ? (await containers.smallDisk()).url : containers.parts.postgres;
    const parts = { ...(wired ? containers.wires.parts : containers.parts), ...(onSmallDisk ? { postgres } : {}) };
    const reached = clustered ? { ...parts, kafka: (await containers.cluster()).address } : parts;
    const kafka = clustered ? reached.kafka : containers.parts.kafka;
    const databaseUrl = await createDatabase(postgres, name);
    const namespace = `${name}.`;
    const broker = await Broker.of({ brokers: kafka.split(','), namespace }, 'test');
    await prepareTopics(broker, { partitions: 6, replicas: clustered ? 3 : 1 });
    const folder = temporaryDataFolder();
    mkdirSync(folder.path);
    const all = {
      DATABASE_URL: reachedAt(databaseUrl, reached.postgres),
      KAFKA_BROKERS: reached.kafka,
      KAFKA_NAMESPACE: namespace,
      REDIS_URL: reached.redis,
      REDIS_NAMESPACE: namespace,
      MASTER_KEY: randomBytes(32).toString('hex'),
      RELAY_LOOPS: '2',
      LOG_LEVEL: 'fatal',
      DATA_DIR: folder.path,
      ...(databaseEach ? await (await containers.postgresEach()).createDatabases(name) : {}),
      ...settings,
    };
    const fleet = await Fleet.start(all, { replicas, of });
    if (databaseEach) await importAllSchemas(containers, databaseUrl, name);
    return new Stage(containers, fleet, broker, databaseUrl, folder, all);
  }

  /** Resolves when the clients have received this many responses, or will receive no more. */
  after(count: number): Promise<void> {
    if (!this.writing || this.answered >= count) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ count, done }));
  }

  onResponse(): void {
    this.answered++;
    this.releaseWaiters();
  }

  onLastResponse(): void {
    this.writing = false;
    this.releaseWaiters();
  }

  markDisruption(): void {
    this.disruptions.push(new Date());
  }

  /** Delays deliveries from a topic until `release`. */
  hold(topic: string): void {
    writeFileSync(join(this.folder.path, `hold-${topic}`), '');
  }

  release(topic: string): void {
    rmSync(join(this.folder.path, `hold-${topic}`));
  }

  /** Whether a process of the member has killed itself at a failpoint of DELIVERY_DIE_AT. */
  hasDied(member: Member, point: FailPoint): boolean {
    return existsSync(killMarkPath(this.folder.path, member, point, 0));
  }

  /** Folder of a backup. */
  get backup(): string {
    return join(this.folder.path, 'backup');
  }

  /** Runs an ops command on one service. */
  async operate(service: Member, ...parameters: string[]): Promise<void> {
    const { code, output } = await runOps({ ...this.settings, SERVICES: service }, ...parameters);
    if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
  }

  async query<R extends object>(sql: string): Promise<R[]> {
    return this.withClient(async (client) => (await client.query<R>(sql)).rows);
  }

  async withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /**
   * Resolves with true when all events are delivered: no row in an outbox, nothing parked except what `mayStay` allows,
   * and every consumer group has read its topics to the end. Resolves with false after the time limit.
   */
  async settle(mayStay: (what: string) => boolean = () => false, settleTimeoutMs = SETTLE_MS): Promise<boolean> {
    const deadline = performance.now() + settleTimeoutMs;
    for (;;) {
      if (await this.isSettled(mayStay).catch(() => false)) return true;
      if (performance.now() > deadline) return false;
      await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS));
    }
  }

  async tearDown(): Promise<void> {
    await this.fleet.abandon();
    await this.folder.remove();
  }

  private async isSettled(mayStay: (what: string) => boolean): Promise<boolean> {
    const isEmpty = async () =>
      (await this.withClient(undeliveredIn)).every(({ what }) => what.startsWith('dead in') || mayStay(what));
    const consumingServices = members.map((name) => ({ name, topics: subscribedTopics(name) }));
    return (await isEmpty()) && (await isConsumed(this.broker, consumingServices)) && isEmpty();
  }

  private releaseWaiters(): void {
    const due = this.waiting.filter(({ count }) => !this.writing || this.answered >= count);
    for (const each of due) {
      this.waiting.splice(this.waiting.indexOf(each), 1);
      each.done();
    }
  }
}

/** Makes the tables of all databases visible in the one that the checker reads. */
async function importAllSchemas(containers: Containers, databaseUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await (await containers.postgresEach()).importSchemas(client, name).finally(() => client.end());
}

/** The same database at another address. */
function reachedAt(url: string, address: string): string {
  const moved = new URL(url);
  moved.host = new URL(address).host;
  return moved.href;
}
