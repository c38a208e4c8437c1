import { allDelivered } from '../../support/platform/all-delivered.js';
import { answersOf, type OpenLoopResult } from '../../support/load/open-loop.js';
import type { Sender } from '../load/sender.js';
import { cpuDuring, type CpuByPart, perOperation } from '../subjects/parts.js';
import type { Running } from '../subjects/running.js';
import { withClient } from '../subjects/template.js';
import { effectsOfPublishing } from './effects.js';
import { rampUp, type Step } from './saturation.js';

/** How long, and how much. */
export interface Sizes {
  /** Requests per second of the mixed load. */
  readonly rate: number;
  /** Of reads alone. */
  readonly readRate: number;
  /** Before what is measured: until the code of every process is compiled, and the caches are filled. */
  readonly warmUp: { readonly rate: number; readonly seconds: number };
  readonly seconds: number;
  readonly publications: number;
  /** Whether the highest rate is looked for that meets the objective. */
  readonly saturate: boolean;
}

/** What one phase of a visit cost, all parts together, from its first request until its last event had its effect. */
export interface Phase {
  readonly sent: OpenLoopResult;
  readonly cpu: CpuByPart;
  readonly answered: number;
  readonly seconds: number;
}

/** What was measured of a subject in one round. */
export interface Visit {
  readonly startedIn: number;
  /** Microseconds of CPU in a second without requests. */
  readonly idle: CpuByPart;
  readonly mixed: Phase;
  readonly reads: Phase;
  /** Milliseconds from publishing to the notification, ascending. */
  readonly effects: readonly number[];
  /** Bytes by part, after the load. */
  readonly memory: Readonly<Record<string, number>>;
  /** Connections to Postgres. */
  readonly connections: number;
  readonly steps: readonly Step[];
}

const IDLE_SECONDS = 4;

export async function visit(running: Running, sender: Sender, sizes: Sizes, round: number): Promise<Visit> {
  const { platform, field, parts, startedIn } = running;
  const { rate, readRate, seconds, warmUp } = sizes;
  const phase = async (seed: number, only?: 'reads'): Promise<Phase> => {
    let sent: OpenLoopResult | undefined;
    const begun = performance.now();
    const cpu = await cpuDuring(parts, async () => {
      sent = await sender.send({ field, rate: only ? readRate : rate, seconds, seed, ...(only ? { only } : {}) });
      await allDelivered(platform);
    });
    if (!sent) throw new Error('Nothing was sent.');
    const answered = answersOf(sent).latencies.length;
    return { sent, cpu, answered, seconds: (performance.now() - begun) / 1_000 };
  };
  await sender.send({ field, ...warmUp, seed: 1 });
  await allDelivered(platform);
  const idle = await cpuDuring(parts, () => new Promise((done) => setTimeout(done, IDLE_SECONDS * 1_000)));
  const mixed = await phase(100 + round);
  const reads = await phase(200 + round, 'reads');
  const effects = await effectsOfPublishing(running, sizes.publications);
  return {
    startedIn,
    idle: perOperation(idle, IDLE_SECONDS),
    mixed,
    reads,
    effects,
    memory: await memoryOf(running),
    connections: await connectionsOf(running),
    // Last, since it leaves much to be done.
    steps: sizes.saturate ? await rampUp(running, sender) : [],
  };
}

async function memoryOf({ parts }: Running): Promise<Record<string, number>> {
  return Object.fromEntries(await Promise.all(parts.map(async (part) => [part.name, await part.memory()] as const)));
}

async function connectionsOf({ platform }: Running): Promise<number> {
  const names = [...new Set(Object.values(platform.databases).map((url) => new URL(url).pathname.slice(1)))];
  const { rows } = await withClient(platform.databases.posts, (client) =>
    client.query<{ count: number }>(
      'select count(*)::int as count from pg_stat_activity where datname = any($1) and pid <> pg_backend_pid()',
      [names],
    ),
  );
  return rows[0]?.count ?? 0;
}
