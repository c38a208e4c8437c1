import type { Figure, Line } from '../statistics/figures.js';
import { observing } from './observing.js';
import { remembering, starting } from './starting.js';
import { metricsAndLog, tracesInMemory, tracesSent, type Way, without, withoutStart } from './ways.js';
import { mixed, publish, readCached, readMetricsOnce, readUncached, rest } from './work.js';

const MAX_MIB = 40;

const works = [
  { key: 'mixed', name: 'mixed load', work: mixed, operations: 2_000 },
  { key: 'read', name: 'uncached GET', work: readUncached, operations: 3_000 },
  { key: 'cached', name: 'cached GET', work: readCached, operations: 10_000 },
  { key: 'publish', name: 'publish', work: publish, operations: 300 },
];

const ways: readonly { key: string; name: string; way: Way; bounds?: Pick<Line, 'floor' | 'aim'> }[] = [
  { key: 'tenth', name: 'traces of 10 %', way: tracesSent(0.1), bounds: { floor: 0.8, aim: 0.92 } },
  { key: 'all', name: 'traces of 100 %', way: tracesSent(1) },
  { key: 'memory', name: 'traces in memory', way: tracesInMemory },
  { key: 'none', name: 'no traces', way: metricsAndLog },
];

const loads: Figure[] = works.flatMap(({ key, name, work, operations }) =>
  ways.map((each) => ({
    key: `${key}-${each.key}`,
    operations,
    prepare: (arena) => observing(arena, { way: without, work }, { way: each.way, work }),
    lines: [{ name: `${name}, ${each.name}`, of: 'cpu', ...each.bounds }],
  })),
);

const starts: Figure[] = [
  { key: 'start-memory', name: 'traces in memory', way: tracesInMemory },
  { key: 'start-all', name: 'traces of 100 %', way: tracesSent(1) },
].map(({ key, name, way }) => ({
  key,
  operations: 1,
  prepare: (arena) => starting(arena, way),
  lines: [
    { name: `start, ${name}`, of: 'cpu', as: 'multiple' },
    { name: `memory after it`, of: 'memory', as: 'difference' },
  ],
}));

export const telemetryFigures: readonly Figure[] = [
  ...loads,
  {
    key: 'off',
    operations: 10_000,
    prepare: (arena) => observing(arena, { way: withoutStart, work: readCached }, { way: without, work: readCached }),
    lines: [{ name: 'cached GET, all off', of: 'cpu' }],
  },
  {
    key: 'scrape',
    operations: 1,
    prepare: (arena) =>
      observing(arena, { way: metricsAndLog, work: rest }, { way: metricsAndLog, work: readMetricsOnce }),
    lines: [{ name: 'rest, metrics read once', of: 'cpu', as: 'multiple' }],
  },
  ...starts,
  {
    key: 'memory',
    operations: 300,
    prepare: (arena) => remembering(arena, { way: without, work: publish }, { way: tracesSent(1), work: publish }),
    lines: [{ name: 'memory after 300 publishes', of: 'memory', floor: MAX_MIB, aim: MAX_MIB, as: 'difference' }],
  },
];

export const telemetryLegend = `
The limit is the monolith without telemetry: no traces, LOG_LEVEL=error, and metrics that count nothing. Ours has metrics, a
line in the log per request (LOG_LEVEL=info, read by another process), and traces of a share of the requests, sent by OTLP. CPU
time is that of the server with its exporter, and of Postgres; not that of the collector, nor of what reads the log.
Metrics cannot be switched off, so the limit replaces the methods of prom-client that count. What remains in it is the making of
labels. "no traces" has metrics and log only. Reading the metrics costs per time, not per request, so it has a line of its own:
its cost is the difference of the two sides, and Prometheus causes it every 5 s.
"all off" compares a server without and with the file that would start tracing. Its distance from 1 is the noise between two
processes; A/A is that between two runs of one process, and is smaller. "start" has the same metrics and log on both sides: its
limit has no traces. "memory after 300 publishes" is that of new processes with the image's settings, all on and all off.
`;
