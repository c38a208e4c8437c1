import { quantile } from '../../bench/statistics/statistics.js';
import { answersOf, errorsOf } from '../../support/load/open-loop.js';
import { allDelivered } from '../../support/platform/all-delivered.js';
import type { Sender } from '../load/sender.js';
import { cpuDuring, type CpuByPart, perOperation } from '../subjects/parts.js';
import type { Running } from '../subjects/running.js';
import { fit, type Point, type ScalabilityLaw } from './scalability-law.js';

/** How throughput grows with clients, for one kind of request. */
export interface Scaling {
  readonly what: string;
  readonly points: readonly Point[];
  readonly law: ScalabilityLaw;
}

/** The highest rate that kept its objective. */
export interface Ceiling {
  readonly what: string;
  readonly objective: string;
  /** Per second. */
  readonly rate: number;
  /** Microseconds of CPU per operation at that rate, by part. */
  readonly cpu: CpuByPart;
}

const CLIENTS = [1, 2, 4, 8, 16, 32];
const SECONDS = 5;
const FACTOR = 1.3;
const LOG_IN_MS = 1_000;
const DELIVERED_MS = 1_000;
/** What a load has left that was too much. */
const MAX_BACKLOG_MS = 120_000;
const KINDS: readonly { readonly what: string; readonly only: readonly string[] | 'reads' }[] = [
  { what: 'reads', only: 'reads' },
  { what: 'publishing', only: ['publish a post'] },
  { what: 'log-ins', only: ['log in'] },
];

export async function scalingOf({ platform, field }: Running, sender: Sender): Promise<Scaling[]> {
  const all: Scaling[] = [];
  for (const { what, only } of KINDS) {
    const points: Point[] = [];
    await sender.sendAll({ field, only, clients: 8, seconds: SECONDS, seed: 600 });
    for (const clients of CLIENTS) {
      const { answered, seconds } = await sender.sendAll({
        field,
        only,
        clients,
        seconds: SECONDS,
        seed: 600 + clients,
      });
      points.push({ clients, throughput: answered / seconds });
      await allDelivered(platform, MAX_BACKLOG_MS);
    }
    all.push({ what, points, law: fit(points) });
  }
  return all;
}

export async function ceilingsOf(running: Running, sender: Sender): Promise<Ceiling[]> {
  const { field, platform } = running;
  const logIns = await climb(running, 10, async (rate) => {
    const sent = await sender.send({ field, rate, seconds: SECONDS, seed: 700, only: ['log in'] });
    const answers = answersOf(sent);
    return errorsOf(answers) === 0 && quantile(answers.latencies, 0.99) <= LOG_IN_MS;
  });
  const events = await climb(running, 20, async (rate) => {
    const sent = await sender.send({ field, rate, seconds: SECONDS, seed: 701, only: ['publish a post'] });
    const begun = performance.now();
    await allDelivered(platform, MAX_BACKLOG_MS);
    return errorsOf(answersOf(sent)) === 0 && performance.now() - begun <= DELIVERED_MS;
  });
  return [
    { what: 'log-ins', objective: `99 % within ${LOG_IN_MS} ms`, ...logIns },
    {
      what: 'publications, with relay, consumers and a fan-out to 19 followers',
      objective: `all effects ${DELIVERED_MS} ms after the last publication`,
      ...events,
    },
  ];
}

/** Raises the rate until it misses its objective twice. */
async function climb(
  { parts, platform }: Running,
  from: number,
  meets: (rate: number) => Promise<boolean>,
): Promise<Pick<Ceiling, 'rate' | 'cpu'>> {
  let best = { rate: 0, cpu: {} as CpuByPart };
  for (let rate = from, missed = 0; missed < 2;) {
    let met = false;
    const cpu = await cpuDuring(parts, async () => {
      met = await meets(rate);
    });
    await allDelivered(platform, MAX_BACKLOG_MS);
    if (!met) {
      missed++;
      continue;
    }
    best = { rate, cpu: perOperation(cpu, rate * SECONDS) };
    missed = 0;
    rate = Math.ceil(rate * FACTOR);
  }
  return best;
}
