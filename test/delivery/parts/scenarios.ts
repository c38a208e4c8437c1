import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '#contracts';
import { failPoints } from '#events';
import type { History, Write } from '../history.js';
import { subscribers, type Member, members } from '../fleet.js';
import type { Plan } from '../plan.js';
import { type PartName, partNames } from '../../support/wires.js';
import { type Author, fanOut, register } from './fan-out.js';
import { poison } from './poison.js';
import { replayed } from './replay.js';
import type { Stage } from './stage.js';

/** Something that happens to a platform while clients write. */
export interface Scenario {
  readonly name: string;
  readonly replicas?: number;
  /** Whether the services reach their parts through wires that can be bad. */
  readonly wired?: boolean;
  /** Whether Kafka is three brokers. */
  readonly clustered?: boolean;
  /** Whether Postgres has a disk that can be filled. */
  readonly onSmallDisk?: boolean;
  /** Whether each service has a Postgres of its own. */
  readonly databaseEach?: boolean;
  readonly settings?: Record<string, string>;
  readonly of?: (member: Member) => Record<string, string>;
  readonly plan?: Plan;
  /** How long everything may take to arrive, in milliseconds, if not two minutes. */
  readonly patience?: number;
  /** Does its worst; `writes` is about how many there will be. Returns what it found wrong, a sentence each. */
  readonly during: (stage: Stage, writes: number, history: History) => Promise<readonly string[]>;
  /** When everything has settled. Returns what it found wrong. */
  readonly afterwards?: (stage: Stage, history: History) => Promise<readonly string[]>;
  /** Parts of the names of what may be left over: dead letters that must be there. */
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

/** Who publishes passes the relay's; who has consumers passes theirs. */
const pointsOf = (member: Member) =>
  failPoints.filter((point) =>
    point.startsWith('relay.') ? topics.some(({ owner }) => owner === member) : subscribers(member).length > 0,
  );

/** kill -9 from within, once at each moment between an event and its acknowledgement, in every process. */
const killedInBetween: Scenario = {
  name: 'killed-in-between',
  of: (member) => ({ DELIVERY_DIE_AT: failPoints.join(), DELIVERY_KILLS: '1', DELIVERY_MARK: member }),
  during: () => Promise.resolve([]),
  afterwards: (stage) => {
    const missed = members.flatMap((member) =>
      pointsOf(member)
        .filter((point) => !stage.hasDied(member, point))
        .map((point) => `${member} was never killed at ${point}`),
    );
    return Promise.resolve(missed);
  },
};

/** kill -9 of Kafka, Redis and Postgres, and their next start, while everything goes on. */
const partsKilled: Scenario = {
  name: 'parts-killed',
  during: async (stage, writes) => {
    for (const [index, part] of (['kafka', 'redis', 'postgres', 'kafka'] satisfies PartName[]).entries()) {
      await stage.after((writes * (index + 1)) / 6);
      stage.blow();
      await stage.containers.kill(part);
      await stage.containers.revive(part);
    }
    return [];
  },
};

/** Each service has its own Postgres, and two are killed in turn: what the others own goes on. */
const aPostgresEach: Scenario = {
  name: 'a-postgres-each',
  databaseEach: true,
  during: async (stage, writes, history) => {
    const postgres = await stage.containers.postgresEach();
    const faults: string[] = [];
    const away = async (service: 'posts' | 'notifications', kinds: readonly Write['kind'][]) => {
      const before = history.writes.length;
      stage.blow();
      await postgres.kill(service);
      await register(stage, `meanwhile-${service}`);
      await Promise.race([stage.after(stage.answered + writes * 0.2), delay(5_000)]);
      const meanwhile = history.writes.slice(before);
      await postgres.revive(service);
      const failed = meanwhile.filter(({ kind, status = 500 }) => kinds.includes(kind) && status >= 500);
      faults.push(
        ...failed.map(({ kind, status }) => `${kind} was answered with ${status} without the database of ${service}`),
      );
    };
    await stage.after(writes * 0.3);
    await away('posts', ['register', 'follow', 'unfollow']);
    await stage.fleet.openAll();
    await stage.after(writes * 0.6);
    await away('notifications', ['register', 'create', 'edit', 'publish', 'comment', 'like', 'follow', 'unfollow']);
    return faults;
  },
};

/** Kafka stands still for a while: nobody who writes may notice, and nothing may pile up in memory. */
const kafkaAway = (seconds: number): Scenario => ({
  name: 'kafka-away',
  during: async (stage, writes, history) => {
    // By then everybody knows everybody: an account that is made now would be unknown elsewhere until Kafka is back.
    await stage.after(writes * 0.4);
    const [before, memory] = [history.writes.length, memoryOf(stage)];
    stage.blow();
    await stage.containers.pause('kafka');
    await Promise.all([delay(seconds * 1_000), stage.after(writes * 0.95)]);
    const grown = memoryOf(stage) / memory;
    const waiting = await stage.query(`select 1 from posts.outbox union all select 1 from users.outbox`);
    await stage.containers.resume('kafka');
    const failed = history.writes.slice(before).filter(({ status = 500 }) => status >= 500);
    return [
      ...failed.map(({ kind, status }) => `${kind} was answered with ${status} while Kafka was away`),
      ...(waiting.length > 50 ? [] : [`only ${waiting.length} events had to wait`]),
      ...(grown < 1.5 ? [] : [`memory grew ${grown.toFixed(2)}-fold`]),
    ];
  },
});

const memoryOf = (stage: Stage) => stage.fleet.all.reduce((sum, { memory }) => sum + memory, 0);

/** A process that stands still longer than its leases and memberships last, and wakes up as if nothing had been. */
const zombie: Scenario = {
  name: 'zombie',
  replicas: 2,
  during: async (stage, writes) => {
    for (const [index, victim] of (['posts', 'notifications'] satisfies Member[]).entries()) {
      await stage.after((writes * (index + 1)) / 4);
      stage.blow();
      const [process] = stage.fleet.of(victim);
      process?.signal('SIGSTOP');
      await delay(9_000);
      process?.signal('SIGCONT');
    }
    return [];
  },
};

/** Consumers that join and leave every two seconds. */
const comingAndGoing = (times: number): Scenario => ({
  name: 'coming-and-going',
  during: async (stage) => {
    for (let time = 0; time < times; time++) {
      const another = await stage.fleet.another(time % 2 === 0 ? 'notifications' : 'probe');
      await delay(2_000);
      stage.blow();
      await another.stop();
    }
    return [];
  },
});

/** One topic is held back until everything else has been heard. */
const heldBack = (topic: string): Scenario => ({
  name: `held-back-${topic}`,
  during: async (stage, writes) => {
    // Whoever is unknown to a service cannot write there.
    await stage.after(writes * 0.3);
    stage.hold(topic);
    stage.blow();
    await stage.after(Infinity);
    await delay(3_000);
    stage.release(topic);
    return [];
  },
});

/** Everything is heard a second time: from the beginning, then shuffled, then by consumers that remember nothing. */
const heardAgain: Scenario = {
  name: 'heard-again',
  during: () => Promise.resolve([]),
  afterwards: replayed,
};

/** Each wire to each part in turn is slow, reset, silent and cut. */
const badWires: Scenario = {
  name: 'bad-wires',
  wired: true,
  during: async (stage, writes) => {
    const { wires } = stage.containers;
    const wrongs: ((name: PartName) => Promise<void>)[] = [
      (name) => wires.slow(name, 150),
      (name) => wires.reset(name),
      (name) => wires.silence(name),
      (name) => wires.cut(name),
    ];
    let number = 0;
    for (const wrong of wrongs)
      for (const name of partNames) {
        await stage.after((writes * 0.9 * ++number) / (wrongs.length * partNames.length + 1));
        stage.blow();
        await wrong(name);
        await delay(1_500);
        await wires.mend(name);
      }
    return [];
  },
};

/** A service is set back to a backup that was made while everybody wrote, and hears the rest again. */
const restored: Scenario = {
  name: 'restored',
  during: async (stage, writes) => {
    await stage.after(writes * 0.1);
    stage.blow();
    await stage.operate('notifications', 'backup', stage.backup);
    // However long that took, something happens afterwards.
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
      ...(between < before ? [] : ['nothing had happened since the backup']),
      ...(settled ? [] : ['it never settled after it was restored']),
    ];
  },
};

/** Handlers fail at random while services are killed: events queue behind parked ones, and none overtakes. */
const failingHandlers: Scenario = {
  name: 'failing-handlers',
  settings: { DELIVERY_FAILS: '0.1', RETRY_SCHEDULE: `0,${Array(40).fill('0.05').join()}` },
  during: servicesKilled.during,
  afterwards: async (stage) => {
    const dead = await stage.query('select from probe.dead_letters union all select from notifications.dead_letters');
    return dead.length === 0 ? [] : [`${dead.length} events were given up`];
  },
};

/** The disk of the database is full for a while: what is refused was not done, and what was answered stays. */
const diskFull: Scenario = {
  name: 'disk-full',
  onSmallDisk: true,
  during: async (stage, writes, history) => {
    const disk = await stage.containers.smallDisk();
    const author = await register(stage, 'bulky');
    await stage.after(writes * 0.4);
    stage.blow();
    await disk.fill();
    const before = history.writes.length;
    const refused = await writeUntilRefused(stage, author);
    await Promise.race([stage.after(writes * 0.7), delay(15_000)]);
    await disk.free();
    const meanwhile = history.writes.slice(before);
    const wrong = meanwhile.filter(({ status = 503 }) => status >= 500 && status !== 503);
    return [
      ...(refused === 503 ? [] : [`a post without room was answered with ${refused}`]),
      ...wrong.map(({ kind, status }) => `${kind} was answered with ${status} while the disk was full`),
    ];
  },
};

const BULKY_CHARACTERS = 60_000;

/**
 * Tables have free pages of their own, which a full disk does not take from them: this fills them too, with drafts that
 * cannot be compressed. Returns the first answer that is not a success.
 */
async function writeUntilRefused(stage: Stage, { token }: Author): Promise<number> {
  for (let post = 0; post < 100; post++) {
    const body = { title: 'Bulky', body: randomBytes(BULKY_CHARACTERS / 2).toString('hex') };
    const { status } = await stage.fleet.api.send('POST', '/v1/posts', { token, body });
    if (status !== 201) return status;
  }
  return 201;
}

/** Of three brokers each is killed in turn, and then all are restarted one after the other. */
const threeBrokers: Scenario = {
  name: 'three-brokers',
  clustered: true,
  during: async (stage, writes) => {
    const cluster = await stage.containers.cluster();
    const wrongs = [
      ...[0, 1, 2].map((broker) => () => cluster.kill(broker)),
      ...[0, 1, 2].map((broker) => () => cluster.restart(broker)),
    ];
    for (const [index, wrong] of wrongs.entries()) {
      await stage.after((writes * (index + 1)) / (wrongs.length + 2));
      stage.blow();
      await wrong();
      await cluster.whole(stage.broker);
    }
    return [];
  },
};

/** What CI runs, and what only `--full` does. */
export const few: readonly Scenario[] = [
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
  heardAgain,
  restored,
];

export const all: readonly Scenario[] = [
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
  heardAgain,
  restored,
];
