import { openArena } from '../../bench/arena.js';
import type { Contest } from '../../bench/contest.js';
import { consume, CONSUMED } from '../../bench/contests/consume.js';
import { drain } from '../../bench/contests/relay.js';
import { cpuOfThreads } from '../../bench/cpu.js';
import type { Containers } from '../../support/infrastructure/containers.js';
import { FOLLOWERS, fanOut } from '../reasons/reasons.js';
import { subjectOf } from '../run.js';
import { cpuDuring } from '../subjects/parts.js';
import type { Stage } from '../subjects/running.js';
import type { Ceiling } from './ceilings.js';

const DRAINED = 100_000;
const TURNS = { unmeasured: 3, measured: 3 };
const OBJECTIVE = 'none: a backlog, as fast as it goes';

/** How fast one relay, one consumer and one fan-out are, each alone with a backlog. */
export async function ceilingsOfBacklogs(stage: Stage, containers: Containers): Promise<Ceiling[]> {
  const kafka = await containers.pid('kafka');
  const arena = await openArena();
  const alone = async (what: string, operations: number, { limit, ours }: Contest, cpuOfKafka?: () => number) => {
    try {
      const costs = { rates: [] as number[], cpu: { process: 0, postgres: 0, kafka: 0 } };
      for (let turn = 0; turn < TURNS.unmeasured + TURNS.measured; turn++) {
        await ours.reset?.();
        await arena.settle();
        const used = async () => ({ process: await ours.cpu(), postgres: arena.cpu(), kafka: cpuOfKafka?.() ?? 0 });
        const [before, begun] = [await used(), performance.now()];
        await ours.run(operations);
        const [after, seconds] = [await used(), (performance.now() - begun) / 1_000];
        if (turn < TURNS.unmeasured) continue;
        costs.rates.push(operations / seconds);
        for (const part of ['process', 'postgres', 'kafka'] as const)
          costs.cpu[part] += (after[part] - before[part]) / operations / TURNS.measured;
      }
      const { kafka: ofKafka, ...cpu } = costs.cpu;
      const rate = costs.rates.toSorted((one, other) => one - other)[Math.floor(TURNS.measured / 2)] ?? 0;
      return { what, objective: OBJECTIVE, rate, cpu: cpuOfKafka ? { ...cpu, kafka: ofKafka } : cpu };
    } finally {
      await limit.stop();
      await ours.stop();
    }
  };
  try {
    return [
      await alone('relay, from the outbox to a transport that accepts everything: events', DRAINED, await drain(arena)),
      await alone(
        'consumer, from Kafka through the inbox to a stored notification: events',
        CONSUMED,
        await consume(arena, containers.parts.kafka),
        () => cpuOfThreads(kafka),
      ),
      await fanOutAlone(stage),
    ];
  } finally {
    await arena.close();
  }
}

async function fanOutAlone(stage: Stage): Promise<Ceiling> {
  return stage.with(subjectOf('services'), async (running) => {
    await fanOut.prepare(running);
    const begun = performance.now();
    const used = await cpuDuring(running.parts, () => fanOut.cause(running));
    const seconds = (performance.now() - begun) / 1_000;
    const shown = Object.entries(used).filter(([part]) => part === 'notifications' || part === 'postgres');
    return {
      what: `fan-out of one publication, in slices of 1,000: notifications of ${FOLLOWERS.toLocaleString('en')} followers`,
      objective: OBJECTIVE,
      rate: FOLLOWERS / seconds,
      cpu: Object.fromEntries(shown.map(([part, cpu]) => [part, cpu / FOLLOWERS])),
    };
  });
}
