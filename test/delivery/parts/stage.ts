import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker, type FailPoint, prepareTopics } from '#events';
import pg from 'pg';
import { isConsumed } from '../../support/all-delivered.js';
import type { Containers } from '../../support/containers.js';
import { createDatabase } from '../../support/database.js';
import { temporaryDataFolder } from '../../support/data-folder.js';
import { runOps } from '../../support/ops.js';
import { markOf } from '../faults.js';
import { Fleet, subscribers, type Member, members } from '../fleet.js';
import { leftIn } from '../state.js';

/** How long everything may take to arrive after the last write, and after the last part is back. */
export const SETTLE_MS = 120_000;
const LOOK_AGAIN_MS = 100;

interface StageOptions {
  readonly replicas?: number;
  readonly wired?: boolean;
  /** Whether Kafka is three brokers, and each message kept by all of them. */
  readonly clustered?: boolean;
  /** Whether Postgres has a disk that can be filled. */
  readonly onSmallDisk?: boolean;
  /** Whether each service has a Postgres of its own. */
  readonly databaseEach?: boolean;
  readonly settings?: Record<string, string>;
  /** What one member is told beside that. */
  readonly of?: (member: Member) => Record<string, string>;
}

/** Services on real parts, with a database, topics and groups that are theirs alone; and what a scenario can do to them. */
export class Stage {
  /** Endpoint that the clients have had so far. */
  answered = 0;
  /** The times at which something was taken away. */
  readonly blows: Date[] = [];
  private readonly waiting: { readonly count: number; readonly go: () => void }[] = [];
  private writing = true;

  private constructor(
    readonly containers: Containers,
    readonly fleet: Fleet,
    readonly broker: Broker,
    private readonly databaseUrl: string,
    private readonly folder: { readonly path: string; remove(): Promise<void> },
    private readonly settings: Record<string, string>,
  ) {}

  static async set(
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
    if (databaseEach) await showAll(containers, databaseUrl, name);
    return new Stage(containers, fleet, broker, databaseUrl, folder, all);
  }

  /** Resolves when the clients have had so many answers, or will have no more. */
  after(count: number): Promise<void> {
    if (!this.writing || this.answered >= count) return Promise.resolve();
    return new Promise((go) => this.waiting.push({ count, go }));
  }

  onAnswer(): void {
    this.answered++;
    this.letGo();
  }

  onLastAnswer(): void {
    this.writing = false;
    this.letGo();
  }

  blow(): void {
    this.blows.push(new Date());
  }

  /** What comes from a topic is not delivered until `release`. */
  hold(topic: string): void {
    writeFileSync(join(this.folder.path, `hold-${topic}`), '');
  }

  release(topic: string): void {
    rmSync(join(this.folder.path, `hold-${topic}`));
  }

  /** Whether a member's process has died at a failpoint, as DELIVERY_DIE_AT wanted it. */
  hasDied(member: Member, point: FailPoint): boolean {
    return existsSync(markOf(this.folder.path, member, point, 0));
  }

  /** Where a backup goes. */
  get backup(): string {
    return join(this.folder.path, 'backup');
  }

  /** Runs an operator's command on one service. */
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
   * Resolves with true when nothing is on its way any more: no row in an outbox, nothing parked but what `mayStay` allows,
   * and every group has read its topics to their ends; with false when that takes too long.
   */
  async settle(mayStay: (what: string) => boolean = () => false, patience = SETTLE_MS): Promise<boolean> {
    const deadline = performance.now() + patience;
    for (;;) {
      if (await this.isSettled(mayStay).catch(() => false)) return true;
      if (performance.now() > deadline) return false;
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    }
  }

  async strike(): Promise<void> {
    await this.fleet.abandon();
    await this.folder.remove();
  }

  private async isSettled(mayStay: (what: string) => boolean): Promise<boolean> {
    const isEmpty = async () =>
      (await this.withClient(leftIn)).every(({ what }) => what.startsWith('dead in') || mayStay(what));
    const listeners = members.map((name) => ({ name, topics: subscribers(name) }));
    return (await isEmpty()) && (await isConsumed(this.broker, listeners)) && isEmpty();
  }

  private letGo(): void {
    const due = this.waiting.filter(({ count }) => !this.writing || this.answered >= count);
    for (const each of due) {
      this.waiting.splice(this.waiting.indexOf(each), 1);
      each.go();
    }
  }
}

/** The checker looks into one database, and finds the others in it. */
async function showAll(containers: Containers, databaseUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await (await containers.postgresEach()).showIn(client, name).finally(() => client.end());
}

/** The same database at another address. */
function reachedAt(url: string, address: string): string {
  const moved = new URL(url);
  moved.host = new URL(address).host;
  return moved.href;
}
