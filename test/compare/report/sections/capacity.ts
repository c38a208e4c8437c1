import type { Ceiling } from '../../capacity/ceilings.js';
import type { Capacity, CapacityOfSubject } from '../../capacity/measure-capacity.js';
import { peakOf, throughputAt } from '../../capacity/scalability-law.js';
import { subjectOf } from '../../run.js';
import { type CpuByPart, ourParts, sumOf } from '../../subjects/parts.js';
import type { Section } from './section.js';
import type { SubjectSummary, Summary } from '../summary.js';

/** What the load is now, in requests per second of the mixed load: 860,000 a day. */
const TODAY = 10;
const GROWTH = [1, 10, 100, 1_000];
/** Of a process with one event loop, before its latencies grow. */
const MOST_OF_A_LOOP = 0.7;
const PARTITIONS = 6;

export function capacitySections({ subjects, backlogs }: Capacity, summary: Summary | undefined): Section[] {
  return [scaling(subjects), ceilings(subjects, backlogs), ...(summary ? [whatBreaks(summary)] : [])];
}

function scaling(capacity: readonly CapacityOfSubject[]): Section {
  const rows = capacity.flatMap(({ subject, scaling: all }) =>
    all.map(({ what, points, law }) => {
      const peak = peakOf(law);
      return [
        subjectOf(subject).title,
        what,
        ...points.map(({ throughput }) => throughput.toFixed(0)),
        law.contention.toFixed(3),
        law.coherency.toFixed(5),
        Number.isFinite(peak) ? `${throughputAt(law, peak).toFixed(0)} at ${peak.toFixed(0)} clients` : 'none',
      ];
    }),
  );
  const clients = capacity[0]?.scaling[0]?.points.map((point) => point.clients) ?? [];
  return {
    title: 'How throughput grows with clients (measured)',
    paragraphs: [
      'Operations per second of as many clients, each of which sends its next request when the last one was answered, and the Universal Scalability Law that fits best: σ is the part of the work that only one can do at a time, κ what each pair costs the other. On one machine, σ is above all that there are no more processors: it says when adding clients to this machine ends, not when adding machines would.',
    ],
    tables: [{ head: ['', '', ...clients.map((number) => `${number}`), 'σ', 'κ', 'highest, by the law'], rows }],
    charts: [
      {
        title: 'Reads per second, measured and by the law',
        kind: 'lines',
        unit: 'requests/s',
        labels: clients.map(String),
        across: 'clients',
        series: capacity.flatMap(({ subject, scaling: all }) => {
          const reads = all.find(({ what }) => what === 'reads');
          if (!reads) return [];
          const { title } = subjectOf(subject);
          return [
            { name: title, values: reads.points.map(({ throughput }) => throughput) },
            { name: `${title}, law`, values: clients.map((number) => throughputAt(reads.law, number)) },
          ];
        }),
      },
    ],
  };
}

function ceilings(capacity: readonly CapacityOfSubject[], backlogs: readonly Ceiling[]): Section {
  const row = (title: string, { what, objective, rate, cpu }: Ceiling) => [
    title,
    what,
    objective,
    rate.toFixed(0),
    perCore(cpu),
    Object.entries(cpu)
      .map(([part, used]) => `${part} ${(used / 1_000).toFixed(used < 1_000 ? 3 : 1)}`)
      .join(', '),
  ];
  const rows = [
    ...capacity.flatMap(({ subject, ceilings: all }) => all.map((ceiling) => row(subjectOf(subject).title, ceiling))),
    ...backlogs.map((ceiling) => row('alone', ceiling)),
  ];
  return {
    title: 'Ceilings (measured)',
    paragraphs: [
      'The highest rate at which the objective was met, on all processors of this machine, and what one operation took then, in milliseconds of CPU by part. The last three are one relay, one consumer and one fan-out, each with a backlog and nothing else to do; a second of each, in another process, would have at most as much again, which was not measured. What a fan-out does to others is in [reasons to split](reasons-to-split.md).',
    ],
    tables: [{ head: ['', '', 'objective', 'per second', 'per CPU-second', 'CPU ms by part'], rows }],
  };
}

const perCore = (cpu: CpuByPart) => (sumOf(cpu) === 0 ? '–' : (1e6 / sumOf(cpu)).toFixed(0));

/** From the costs per request: a simulation, as soon as the rate is more than was offered. */
function whatBreaks({ subjects }: Summary): Section {
  const rows = subjects
    .filter(({ key }) => key === 'monolith' || key === 'services')
    .flatMap((each) => GROWTH.map((factor) => rowOf(each, factor)));
  return {
    title: 'What breaks first as the load grows',
    paragraphs: [
      `Today is taken to be ${TODAY} requests per second of the mixed load. _Processors_ are what the parts need at that rate: what they idle, and the measured CPU per request above it. Rates up to that of [the comparison](tradeoff.md) were measured; what is beyond is a **simulation**: costs per request are taken to stay the same, which [the growth table](performance.md) shows for data and nobody has shown for this rate. What processors, memory and storage cost in money is in [the comparison](tradeoff.md), by your own prices. A process of ours has one event loop, of which ${MOST_OF_A_LOOP * 100} % are used at most, so that it needs as many replicas as the column says.`,
      'What to do, in this order. **Event loop of a process full:** a second replica, as both topologies allow without a change (`--scale`), with Redis for the caches; it costs a process and its connections. **Connections of Postgres full:** a smaller `DATABASE_POOL` per process, then a higher `max_connections`; a pooler must be in session mode, since the processes use advisory locks and prepared statements. **Processors of Postgres full:** first the caches, then a read replica for lists, search and feeds, which do not read their own writes; then a database for each service, which is a change of settings here. **Kafka:** consumers of a group share at most ' +
        `${PARTITIONS} partitions here, so that a service has at most ${PARTITIONS} consuming replicas; more partitions before the first event of a key is in the topic, since the order of a key depends on it. **Growth of outbox, inbox and notifications:** they are deleted in batches; at ten million rows a day partitions by time are cheaper to drop than to delete.`,
    ],
    tables: [
      {
        head: [
          '',
          'load',
          'requests/s',
          'known by',
          'processors of ours',
          'replicas (most of one)',
          'processors of Postgres',
          'of Kafka and Redis',
          'first to break',
        ],
        rows,
      },
    ],
  };
}

function rowOf({ title, idle, mixed, connections }: SubjectSummary, factor: number): string[] {
  const rate = TODAY * factor;
  const parts = Object.keys(idle);
  const cpuOf = (part: string) => {
    const perRequest = (mixed.byPart[part] ?? 0) / sumOf(mixed.byPart);
    return ((idle[part] ?? 0) + rate * mixed.aboveIdle.median * perRequest) / 1e6;
  };
  const ours = ourParts(parts);
  const replicas = ours.map((part) => ({ part, count: Math.ceil(cpuOf(part) / MOST_OF_A_LOOP) }));
  const most = replicas.reduce((one, other) => (other.count > one.count ? other : one), { part: '', count: 0 });
  const needed = (connections / ours.length) * replicas.reduce((sum, { count }) => sum + count, 0);
  const postgres = cpuOf('postgres');
  const broker = ['kafka', 'redis'].reduce((sum, part) => sum + (parts.includes(part) ? cpuOf(part) : 0), 0);
  return [
    title,
    `${factor}x`,
    String(rate),
    rate <= 200 ? 'measurement' : 'simulation',
    ours.reduce((sum, part) => sum + cpuOf(part), 0).toFixed(2),
    `${most.count} (${most.part})`,
    postgres.toFixed(2),
    broker === 0 ? '–' : broker.toFixed(2),
    firstToBreak({ count: most.count, part: most.part, postgres, needed, hasKafka: parts.includes('kafka') }),
  ];
}

function firstToBreak({
  count,
  part,
  postgres,
  needed,
  hasKafka,
}: {
  count: number;
  part: string;
  postgres: number;
  needed: number;
  hasKafka: boolean;
}): string {
  const broken = [
    ...(hasKafka && count > PARTITIONS ? [`more replicas of ${part} than partitions`] : []),
    ...(needed > 100 ? [`${needed.toFixed(0)} connections, where Postgres has 100 by default`] : []),
    ...(postgres > 1 ? [`Postgres needs ${postgres.toFixed(1)} processors`] : []),
    ...(count > 1 && (!hasKafka || count <= PARTITIONS) ? [`the event loop of ${part}`] : []),
  ];
  return broken.length === 0 ? 'nothing' : broken.join('; ');
}
