import { operations } from '../../load/mix.js';
import { sumOf } from '../../subjects/parts.js';
import { mebibytes, milliseconds, type Section, times } from './section.js';
import type { Cost, SubjectSummary, Summary } from '../summary.js';

/** The figures by which the topologies are judged. */
export function inShort(summary: Summary): Section {
  const { subjects, distribution, checks } = summary;
  const { monolith, services } = distribution.containers;
  const containers: Readonly<Record<string, number>> = {
    monolith: monolith.length,
    naive: monolith.length,
    services: services.length,
    hop: services.length,
  };
  const rows = subjects.map((each) => [
    each.title,
    spread(each.mixed),
    each.mixed.aboveIdle.median.toFixed(0),
    spread(each.reads),
    each.reads.aboveIdle.median.toFixed(0),
    each.throughput ? each.throughput.median.toFixed(0) : '–',
    milliseconds(readsP99(each)),
    `${milliseconds(each.effects.p50)} / ${milliseconds(each.effects.p99)}`,
    mebibytes(sumOf(each.memory)),
    (each.startedIn.median / 1_000).toFixed(1),
    String(each.connections),
    String(containers[each.key] ?? '–'),
  ]);
  const isVoid = checks.void.length > 0;
  return {
    title: 'In short',
    paragraphs: [
      ...(isVoid ? [`**This run is void:** ${checks.void.join('; ')}.`] : []),
      'CPU is that of all processes, Postgres, Kafka and Redis included, in µs per request; 2,000 µs per request are 2 CPU-seconds per 1,000 requests. In brackets is the middle half of the rounds. _Above idle_ leaves out what the same parts take without requests.',
    ],
    tables: [
      {
        head: [
          '',
          'CPU, mixed load',
          'above idle',
          'CPU, reads',
          'above idle',
          'requests/s within the objective',
          'reads, p99 ms',
          'effect, p50 / p99 ms',
          'memory MiB',
          'start s',
          'connections',
          'containers',
        ],
        rows,
      },
      { head: ['judged by', 'figure', 'floor', 'aim'], rows: judged(summary) },
    ],
    charts: [
      {
        title: 'CPU per request of the mixed load, by part',
        kind: 'stacked bars',
        unit: 'µs',
        labels: subjects.map(({ title }) => title),
        series: partsOf(subjects).map((part) => ({
          name: part,
          values: subjects.map(({ mixed }) => mixed.byPart[part] ?? null),
        })),
      },
    ],
  };
}

/** Services against the monolith. Empty without both. */
export function judged({ subjects, raw }: Summary): string[][] {
  const [monolith, services] = ['monolith', 'services'].map((key) => subjects.find((each) => each.key === key));
  if (!monolith || !services) return [];
  const hops =
    services.counts &&
    Math.max(...operations.filter(({ isRead }) => isRead).map(({ name }) => services.counts?.[name]?.hops ?? 0));
  const reads = (cost: 'perRequest' | 'aboveIdle') =>
    (monolith.reads[cost].median / services.reads[cost].median).toFixed(2);
  return [
    ['reads of the services per CPU-second, as part of those of the monolith', reads('perRequest'), '0.70', '0.95'],
    ['the same above idle', reads('aboveIdle'), '', ''],
    ...(hops === undefined ? [] : [['requests between services for a read', String(hops), '0', '0']]),
    [
      'effect of an event in the services, p99, as a multiple of that of the monolith plus that of Kafka alone',
      times(services.effects.p99 / (monolith.effects.p99 + raw.p99)),
      '1.50x',
      '1.10x',
    ],
  ];
}

/** The highest p99 among reads, in milliseconds. */
function readsP99({ latencies }: SubjectSummary): number {
  return Math.max(...operations.filter(({ isRead }) => isRead).map(({ name }) => latencies[name]?.p99 ?? 0));
}

export function partsOf(subjects: readonly SubjectSummary[]): string[] {
  return [...new Set(subjects.flatMap(({ idle }) => Object.keys(idle)))];
}

function spread({ perRequest: { median, low, high } }: Cost): string {
  const [value, from, to] = [median, low, high].map((each) => each.toFixed(0));
  return `${value} [${from}–${to}]`;
}
