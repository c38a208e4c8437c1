import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '#contracts';
import { failPoints } from '#events';
import type { History, Write } from '../checking/history.js';
import { subscribedTopics, type Member, members } from '../fleet.js';
import type { Plan } from '../plan.js';
import { type PartName, partNames } from '../../support/infrastructure/wires.js';
import { type Author, fanOut, register } from './fan-out.js';
import { poison } from './poison.js';
import { replayAll } from './replay.js';
import type { Stage } from './stage.js';

/** Disruptions of a platform while clients write, and what must hold afterwards. */
export interface Scenario {
  readonly name: string;
  readonly replicas?: number;
  /** Whether the services reach Kafka, Redis and Postgres through proxies that can be disrupted. */
  readonly wired?: boolean;
  /** Whether Kafka runs as three brokers. */
  readonly clustered?: boolean;
  /** Whether Postgres has a small disk, which can be filled. */
  readonly onSmallDisk?: boolean;
  /** Whether each service has its own Postgres. */
  readonly databaseEach?: boolean;
  readonly settings?: Record<string, string>;
  readonly of?: (member: Member) => Record<string, string>;
  readonly plan?: Plan;
  /** Time limit for the delivery of all events, in milliseconds; two minutes by default. */
  readonly settleTimeoutMs?: number;
  /**
   * Causes the disruptions; `writes` is about how many writes there will be. Returns the violations it found, one
   * sentence each.
   */
  readonly during: (stage: Stage, writes: number, history: History) => Promise<readonly string[]>;
  /** Runs when all events are delivered. Returns the violations it found. */
  readonly afterwards?: (stage: Stage, history: History) => Promise<readonly string[]>;
  /** Which undelivered events may remain, by a part of their description: dead letters that must be there. */
  readonly expected?: (stage: Stage) => readonly string[];
}

/** kill -9 of each service in turn, twice. */
const servicesKilled: Scenario = {
  name: 'services-killed',
  during: async (stage, writes) => {
    const victims = [...members, ...members];
    for (const [index, victim] of victims.entries()) {
      await stage.after((writes * 0.6 * (index + 1)) / (victims.length + 1));
      stage.fleet.of(victim)[0]?.kill(false);
    }
    return [];
  },
};

/** The failpoints that a member reaches: those of the relay if it publishes, those of consumers if it consumes. */
const pointsOf = (member: Member) =>
  failPoints.filter((point) =>
    point.startsWith('relay.') ? topics.some(({ owner }) => owner === member) : subscribedTopics(member).length > 0,
  );

const ACCOUNTS_IN_BETWEEN = 16;

/** Every process kills itself with SIGKILL, once at each failpoint between an event and its acknowledgement. */
const killedInBetween: Scenario = {
  name: 'killed-in-between',
  of: (member) => ({ DELIVERY_DIE_AT: failPoints.join(), DELIVERY_KILLS: '1', DELIVERY_MARK: member }),
  during: async (stage, writes) => {
    // Accounts alone are what the service users consumes. One that a kill prevents is not needed.
    for (let nth = 1; nth <= ACCOUNTS_IN_BETWEEN; nth++) {
      await stage.after((writes * 0.8 * nth) / ACCOUNTS_IN_BETWEEN);
      await stage.fleet.whenRunning('/v1/auth');
      await register(stage, `in-between-${nth}`).catch(() => undefined);
    }
    return [];
  },
  afterwards: (stage) => {
    const missed = members.flatMap((member) =>
      pointsOf(member)
        .filter((point) => !stage.hasDied(member, point))
        .map((point) => `${member} was never killed at ${point}`),
    );
    return Promise.resolve(missed);
  },
};

/** kill -9 and restart of Kafka, Redis and Postgres while the clients write. */
const partsKilled: Scenario = {
  name: 'parts-killed',
  during: async (stage, writes) => {
    for (const [index, part] of (['kafka', 'redis', 'postgres', 'kafka'] satisfies PartName[]).entries()) {
      await stage.after((writes * (index + 1)) / 6);
      stage.markDisruption();
      await stage.containers.kill(part);
      await stage.containers.revive(part);
    }
    return [];
  },
};

/** Each service has its own Postgres. Two are killed in turn: the other services must continue. */
const aPostgresEach: Scenario = {
  name: 'a-postgres-each',
  databaseEach: true,
  during: async (stage, writes, history) => {
    const postgres = await stage.containers.postgresEach();
    const violations: string[] = [];
    const outage = async (service: 'posts' | 'notifications', kinds: readonly Write['kind'][]) => {
      // Those sent before may still be waiting for the database that was away before.
      const from = performance.now();
      stage.markDisruption();
      await postgres.kill(service);
      await register(stage, `meanwhile-${service}`);
      await Promise.race([stage.after(stage.answered + writes * 0.2), delay(5_000)]);
      const meanwhile = history.writes.filter(({ sent = 0 }) => sent > from);
      await postgres.revive(service);
      await stage.fleet.whenAllReady();
      const failed = meanwhile.filter(({ kind, status = 500 }) => kinds.includes(kind) && status >= 500);
      violations.push(
        ...failed.map(({ kind, status }) => `${kind} was answered with ${status} without the database of ${service}`),
      );
    };
    await stage.after(writes * 0.3);
    await outage('posts', ['register', 'follow', 'unfollow']);
    await stage.after(writes * 0.6);
    await outage('notifications', ['register', 'create', 'edit', 'publish', 'comment', 'like', 'follow', 'unfollow']);
    return violations;
  },
};

/** Kafka is paused for a while: no write may fail because of it, and memory must not grow. */
const kafkaAway = (seconds: number): Scenario => ({
  name: 'kafka-away',
  during: async (stage, writes, history) => {
    // By then all services know all accounts: an account registered now is unknown to the others until Kafka resumes.
    await stage.after(writes * 0.4);
    const [before, memory] = [history.writes.length, memoryOf(stage)];
    stage.markDisruption();
    await stage.containers.pause('kafka');
    await Promise.all([delay(seconds * 1_000), stage.after(writes * 0.95)]);
    const grown = memoryOf(stage) / memory;
    const waiting = await stage.query(`select 1 from posts.outbox union all select 1 from users.outbox`);
    await stage.containers.resume('kafka');
    const failed = history.writes.slice(before).filter(({ status = 500 }) => status >= 500);
    return [
      ...failed.map(({ kind, status }) => `${kind} was answered with ${status} while Kafka was paused`),
      ...(waiting.length > 50 ? [] : [`only ${waiting.length} events were in the outboxes`]),
      ...(grown < 1.5 ? [] : [`memory grew ${grown.toFixed(2)}-fold`]),
    ];
  },
});

const memoryOf = (stage: Stage) => stage.fleet.all.reduce((sum, { memory }) => sum + memory, 0);

/** A process is paused for longer than its leases and group memberships last, and then continues. */
const zombie: Scenario = {
  name: 'zombie',
  replicas: 2,
  during: async (stage, writes) => {
    for (const [index, victim] of (['posts', 'notifications'] satisfies Member[]).entries()) {
      await stage.after((writes * (index + 1)) / 4);
      stage.markDisruption();
      const [process] = stage.fleet.of(victim);
      process?.signal('SIGSTOP');
      await delay(9_000);
      process?.signal('SIGCONT');
    }
    return [];
  },
};

/** A consumer joins its group and leaves it after two seconds, repeatedly. */
const comingAndGoing = (times: number): Scenario => ({
  name: 'coming-and-going',
  during: async (stage) => {
    for (let time = 0; time < times; time++) {
      const replica = await stage.fleet.startReplica(time % 2 === 0 ? 'notifications' : 'probe');
      await delay(2_000);
      stage.markDisruption();
      await replica.stop();
    }
    return [];
  },
});

/** Deliveries from one topic are delayed until all other events are delivered. */
const heldBack = (topic: string): Scenario => ({
  name: `held-back-${topic}`,
  during: async (stage, writes) => {
    // An account cannot write in a service that does not know it yet.
    await stage.after(writes * 0.3);
    stage.hold(topic);
    stage.markDisruption();
    await stage.after(Infinity);
    await delay(3_000);
    stage.release(topic);
    return [];
  },
});

/** All events are delivered again: from the beginning, then shuffled, then with empty inboxes. */
const replayed: Scenario = {
  name: 'replayed',
  during: () => Promise.resolve([]),
  afterwards: replayAll,
};

/** The connections to Kafka, Redis and Postgres are in turn slow, reset, silent and cut. */
const badWires: Scenario = {
  name: 'bad-wires',
  wired: true,
  during: async (stage, writes) => {
    const { wires } = stage.containers;
    const disruptions: ((name: PartName) => Promise<void>)[] = [
      (name) => wires.slow(name, 150),
      (name) => wires.reset(name),
      (name) => wires.silence(name),
      (name) => wires.cut(name),
    ];
    let number = 0;
    for (const disrupt of disruptions)
      for (const name of partNames) {
        await stage.after((writes * 0.9 * ++number) / (disruptions.length * partNames.length + 1));
        stage.markDisruption();
        await disrupt(name);
        await delay(1_500);
        await wires.restore(name);
      }
    return [];
  },
};

/** A service is restored from a backup that was made while clients wrote, and consumes the later events again. */
const restored: Scenario = {
  name: 'restored',
  during: async (stage, writes) => {
    await stage.after(writes * 0.1);
    stage.markDisruption();
    await stage.operate('notifications', 'backup', stage.backup);
    // At least one event follows the backup, however long the backup took.
    const body = { email: `late-${Date.now()}@example.com`, password: 'correct horse battery', displayName: 'Late' };
    const { status } = await stage.fleet.api.send('POST', '/v1/auth/register', { body });
    return status === 201 ? [] : [`a registration after the backup was answered with ${status}`];
  },
  afterwards: async (stage) => {
    const count = async () => (await stage.query('select from notifications.inbox')).length;
    const before = await count();
    let between = before;
    await stage.fleet.whileHalted(async () => {
      await stage.operate('notifications', 'restore', stage.backup, '--yes');
      between = await count();
    });
    const settled = await stage.settle();
    return [
      ...(between < before ? [] : ['no event was consumed after the backup']),
      ...(settled ? [] : ['not all events were delivered after the restore']),
    ];
  },
};

/**
 * Handlers fail at random while services are killed: events wait behind parked ones of their key, and none overtakes.
 */
const failingHandlers: Scenario = {
  name: 'failing-handlers',
  settings: { DELIVERY_FAILS: '0.1', RETRY_SCHEDULE: `0,${Array(40).fill('0.05').join()}` },
  during: servicesKilled.during,
  afterwards: async (stage) => {
    const dead = await stage.query('select from probe.dead_letters union all select from notifications.dead_letters');
    return dead.length === 0 ? [] : [`${dead.length} events were dead-lettered`];
  },
};

/** The disk of Postgres is full for a while: refused writes are not stored, and acknowledged ones are kept. */
const diskFull: Scenario = {
  name: 'disk-full',
  onSmallDisk: true,
  during: async (stage, writes, history) => {
    const disk = await stage.containers.smallDisk();
    const author = await register(stage, 'bulky');
    await stage.after(writes * 0.4);
    stage.markDisruption();
    await disk.fill();
    const before = history.writes.length;
    const refused = await writeUntilRefused(stage, author);
    await Promise.race([stage.after(writes * 0.7), delay(15_000)]);
    await disk.free();
    const meanwhile = history.writes.slice(before);
    const unexpected = meanwhile.filter(({ status = 503 }) => status >= 500 && status !== 503);
    return [
      ...(refused === 503 ? [] : [`a post was answered with ${refused}, not 503, while the disk was full`]),
      ...unexpected.map(({ kind, status }) => `${kind} was answered with ${status} while the disk was full`),
    ];
  },
};

const BULKY_CHARACTERS = 60_000;

/**
 * Tables have free pages that remain usable when the disk is full: this fills them, too, with drafts that cannot be
 * compressed. Returns the status of the first response other than 201, or 201 if there is none.
 */
async function writeUntilRefused(stage: Stage, { token }: Author): Promise<number> {
  for (let post = 0; post < 100; post++) {
    const body = { title: 'Bulky', body: randomBytes(BULKY_CHARACTERS / 2).toString('hex') };
    const { status } = await stage.fleet.api.send('POST', '/v1/posts', { token, body });
    if (status !== 201) return status;
  }
  return 201;
}

/** Each of three brokers is killed in turn; then each is restarted in turn. */
const threeBrokers: Scenario = {
  name: 'three-brokers',
  clustered: true,
  during: async (stage, writes) => {
    const cluster = await stage.containers.cluster();
    const disruptions = [
      ...[0, 1, 2].map((broker) => () => cluster.kill(broker)),
      ...[0, 1, 2].map((broker) => () => cluster.restart(broker)),
    ];
    for (const [index, disrupt] of disruptions.entries()) {
      await stage.after((writes * (index + 1)) / (disruptions.length + 2));
      stage.markDisruption();
      await disrupt();
      await cluster.whenInSync(stage.broker);
    }
    return [];
  },
};

/** The scenarios that CI runs; the others run with `--full` only. */
export const ciScenarios: readonly Scenario[] = [
  servicesKilled,
  killedInBetween,
  partsKilled,
  aPostgresEach,
  kafkaAway(10),
  poison,
  failingHandlers,
  fanOut(100_000),
  diskFull,
  threeBrokers,
  replayed,
  restored,
];

export const allScenarios: readonly Scenario[] = [
  servicesKilled,
  killedInBetween,
  partsKilled,
  aPostgresEach,
  kafkaAway(60),
  zombie,
  comingAndGoing(10),
  poison,
  badWires,
  failingHandlers,
  fanOut(100_000),
  fanOut(1_000_000),
  diskFull,
  threeBrokers,
  ...['auth.account', 'users.user', 'posts.post', 'posts.comment'].map(heldBack),
  replayed,
  restored,
];
