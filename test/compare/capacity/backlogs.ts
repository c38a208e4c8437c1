import { type Arena, openArena } from '../../bench/arena.js';
import type { Contest } from '../../bench/contest.js';
import { consume, CONSUMED } from '../../bench/contests/consume.js';
import { drain } from '../../bench/contests/relay.js';
import { cpuOfThreads } from '../../bench/cpu.js';
import { spreadOf } from '../../bench/statistics/statistics.js';
import type { Containers } from '../../support/infrastructure/containers.js';
import { FOLLOWERS, fanOut } from '../reasons/reasons.js';
import { subjectOf } from '../run.js';
import { cpuDuring, type MeasuredCpu, perOperation } from '../subjects/parts.js';
import type { Stage } from '../subjects/running.js';
import type { Ceiling } from './ceilings.js';

const DRAINED = 100_000;
const UNMEASURED = 3;
const OBJECTIVE = 'none: a backlog, as fast as it goes';

/** How fast one relay, one consumer and one fan-out are, each alone with a backlog. */
export async function ceilingsOfBacklogs(stage: Stage, containers: Containers): Promise<Ceiling[]> {
  const pid = await containers.pid('kafka');
  const arena = await openArena();
  const postgres = { name: 'postgres', cpu: () => arena.cpu() };
  const kafka = { name: 'kafka', cpu: () => cpuOfThreads(pid) };
  try {
    return [
      {
        what: 'relay, from the outbox to a transport that accepts everything: events',
        objective: OBJECTIVE,
        ...(await alone(arena, await drain(arena), DRAINED, [postgres])),
      },
      {
        what: 'consumer, from Kafka through the inbox to a stored notification: events',
        objective: OBJECTIVE,
        ...(await alone(arena, await consume(arena, containers.parts.kafka), CONSUMED, [postgres, kafka])),
      },
      {
        what: `fan-out of one publication, in slices of 1,000: notifications of ${FOLLOWERS.toLocaleString('en')} followers`,
        objective: OBJECTIVE,
        ...(await fanOutAlone(stage)),
      },
    ];
  } finally {
    await arena.close();
  }
}

type Speed = Pick<Ceiling, 'rate' | 'cpu'>;

async function alone(
  arena: Arena,
  { limit, ours }: Contest,
  operations: number,
  shared: readonly MeasuredCpu[],
): Promise<Speed> {
  const parts = [{ name: 'process', cpu: () => ours.cpu() }, ...shared];
  const turn = async (): Promise<Speed> => {
    await ours.reset?.();
    await arena.settle();
    return speedOf(operations, parts, () => ours.run(operations));
  };
  try {
    for (let number = 0; number < UNMEASURED; number++) await turn();
    const turns = [await turn(), await turn(), await turn()];
    const medianOf = (figure: (speed: Speed) => number) => spreadOf(turns.map(figure)).median;
    const cpu = parts.map(({ name }) => [name, medianOf((speed) => speed.cpu[name] ?? 0)] as const);
    return { rate: medianOf(({ rate }) => rate), cpu: Object.fromEntries(cpu) };
  } finally {
    await limit.stop();
    await ours.stop();
  }
}

async function fanOutAlone(stage: Stage): Promise<Speed> {
  return stage.with(subjectOf('services'), async (running) => {
    await fanOut.prepare(running);
    const concerned = running.parts.filter(({ name }) => name === 'notifications' || name === 'postgres');
    return speedOf(FOLLOWERS, concerned, () => fanOut.cause(running));
  });
}

async function speedOf(operations: number, parts: readonly MeasuredCpu[], work: () => Promise<void>): Promise<Speed> {
  const begun = performance.now();
  const used = await cpuDuring(parts, work);
  const seconds = (performance.now() - begun) / 1_000;
  return { rate: operations / seconds, cpu: perOperation(used, operations) };
}
