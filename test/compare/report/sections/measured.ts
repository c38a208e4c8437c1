import { operations } from '../../load/mix.js';
import { objective } from '../../measure/saturation.js';
import { sumOf } from '../../subjects/parts.js';
import { mebibytes, milliseconds, type Section } from './section.js';
import { partsOf } from './short.js';
import type { SubjectSummary, Summary } from '../summary.js';

export function costByPart({ subjects }: Summary): Section {
  const parts = partsOf(subjects);
  const cells = (each: SubjectSummary, of: Readonly<Record<string, number>>, scale = 1) =>
    [...parts.map((part) => of[part]), sumOf(of)].map((value) =>
      value === undefined ? '' : (value / scale).toFixed(scale === 1 ? 0 : 1),
    );
  const head = (what: string) => [what, ...parts, 'together'];
  return {
    title: 'CPU, by part',
    paragraphs: ['µs per request; of the third table, milliseconds of CPU in one second without a request.'],
    tables: [
      { head: head('mixed load'), rows: subjects.map((each) => [each.title, ...cells(each, each.mixed.byPart)]) },
      { head: head('reads'), rows: subjects.map((each) => [each.title, ...cells(each, each.reads.byPart)]) },
      { head: head('idle'), rows: subjects.map((each) => [each.title, ...cells(each, each.idle, 1_000)]) },
    ],
  };
}

export function latencies({ subjects, sizes }: Summary): Section {
  const head = ['', ...subjects.map(({ title }) => title)];
  const rows = operations.map(({ name }) => [
    name,
    ...subjects.map((each) => {
      const found = each.latencies[name];
      if (!found || found.samples === 0) return '';
      const { p50, p95, p99, p999 } = found;
      return [p50, p95, p99, ...(p999 === undefined ? [] : [p999])].map(milliseconds).join(' / ');
    }),
  ]);
  return {
    title: 'Latency',
    paragraphs: [
      `Milliseconds, p50 / p95 / p99, and p999 from 10,000 samples on, at ${sizes.rate} requests per second of the mixed load, from the moment at which each request was due: a server that stands still is seen by all requests that were due meanwhile.`,
    ],
    tables: [{ head, rows }],
    charts: [
      {
        title: 'p99 by operation',
        kind: 'bars',
        unit: 'ms',
        logarithmic: true,
        labels: operations.map(({ name }) => name),
        series: subjects.map((each) => ({
          name: each.title,
          values: operations.map(({ name }) => each.latencies[name]?.p99 ?? null),
        })),
      },
    ],
  };
}

export function throughput({ subjects }: Summary): Section {
  const measured = subjects.filter(({ throughput: found }) => found);
  const rates = [...new Set(measured.flatMap(({ steps }) => steps.map(({ rate }) => rate)))].toSorted((a, b) => a - b);
  return {
    title: 'Throughput at the objective',
    paragraphs: [
      `The highest rate of the mixed load at which 99 % of reads were answered within ${objective.readsP99} ms, 99 % of writes within ${objective.writesP99} ms, and at most ${objective.failed * 100} % failed. All parts and the sender shared the machine.`,
    ],
    tables:
      measured.length === 0
        ? []
        : [
            {
              head: ['', 'requests/s, median', 'rounds from', 'to'],
              rows: measured.map(({ title, throughput: found }) => [
                title,
                ...[found?.median, found?.low, found?.high].map((value) => (value ?? 0).toFixed(0)),
              ]),
            },
          ],
    charts: [
      {
        title: 'p99 of reads as the rate grows',
        kind: 'lines',
        unit: 'ms',
        logarithmic: true,
        labels: rates.map(String),
        across: 'requests/s',
        series: measured.map(({ title, steps }) => ({
          name: title,
          values: rates.map((rate) => steps.findLast((step) => step.rate === rate)?.readsP99 ?? null),
        })),
      },
    ],
  };
}

export function effects({ subjects, raw }: Summary): Section {
  return {
    title: 'Until an effect shows',
    paragraphs: [
      'Milliseconds from the moment at which a publication was due until the first notification of it is committed, without other load. _Kafka alone_ is a message of kafkajs from its producer to its consumer.',
    ],
    tables: [
      {
        head: ['', 'p50', 'p95', 'p99', 'samples'],
        rows: [
          ...subjects.map(({ title, effects: found }) => [title, found] as const),
          ['Kafka alone', raw] as const,
        ].map(([title, { p50, p95, p99, samples }]) => [title, ...[p50, p95, p99].map(milliseconds), String(samples)]),
      },
    ],
    charts: [
      {
        title: 'From publishing to the notification',
        kind: 'bars',
        unit: 'ms',
        labels: [...subjects.map(({ title }) => title), 'Kafka alone'],
        series: (['p50', 'p99'] as const).map((name) => ({
          name,
          values: [...subjects.map(({ effects: found }) => found[name]), raw[name]],
        })),
      },
    ],
  };
}

/** From traces: not noisy. */
export function counts({ subjects }: Summary): Section {
  const counted = subjects.flatMap((each) => (each.counts ? [{ ...each, counts: each.counts }] : []));
  return {
    title: 'What an operation takes',
    paragraphs: [
      counted.length === 0
        ? 'Counted by a full run only.'
        : 'From traces, with all effects on others, and with filled caches: statements (Postgres) / commands (Redis) / batches of events sent to Kafka / requests between services / spans.',
    ],
    tables:
      counted.length === 0
        ? []
        : [
            {
              head: ['', ...counted.map(({ title }) => title)],
              rows: operations.map(({ name }) => [
                name,
                ...counted.map(({ counts: all }) => {
                  const found = all[name];
                  if (!found) return '';
                  const { statements, redis, batches, hops, spans } = found;
                  return [statements, redis, batches, hops, spans]
                    .map((value) => String(Math.round(value * 10) / 10))
                    .join(' / ');
                }),
              ]),
            },
          ],
  };
}

/** The gateway is counted apart: the services need one, and a monolith with replicas as well. */
export function gateway({ subjects }: Summary): Section {
  const found = subjects.flatMap((each) => each.gateway ?? [])[0];
  const title = 'The gateway, apart';
  if (!found) return { title, paragraphs: ['Measured by a full run only.'] };
  const { cpu, direct, through } = found;
  return {
    title,
    paragraphs: [
      `Caddy in front of the four services takes ${cpu.toFixed(0)} µs of CPU per read, which the other tables leave out. p50 and p99 of all reads together, in milliseconds:`,
    ],
    tables: [
      {
        head: ['', 'p50', 'p99'],
        rows: [
          ['directly to the services', milliseconds(direct.p50), milliseconds(direct.p99)],
          ['through the gateway', milliseconds(through.p50), milliseconds(through.p99)],
        ],
      },
    ],
  };
}

export function memory({ subjects }: Summary): Section {
  const parts = partsOf(subjects);
  return {
    title: 'Memory, start, connections',
    paragraphs: [
      'MiB after the load: resident memory of our processes, and what Docker reports of the containers. All services share one Postgres here; with one each, as `docker compose up` has it, there are three more. The start is from the first process until all were ready.',
    ],
    tables: [
      {
        head: ['', ...parts, 'together', 'start ms', 'connections to Postgres'],
        rows: subjects.map((each) => [
          each.title,
          ...parts.map((part) => (each.memory[part] === undefined ? '' : mebibytes(each.memory[part]))),
          mebibytes(sumOf(each.memory)),
          each.startedIn.median.toFixed(0),
          String(each.connections),
        ]),
      },
    ],
    charts: [
      {
        title: 'Memory by part',
        kind: 'stacked bars',
        unit: 'MiB',
        labels: subjects.map(({ title }) => title),
        series: parts.map((part) => ({
          name: part,
          values: subjects.map((each) =>
            each.memory[part] === undefined ? null : Math.round(each.memory[part] / 1_048_576),
          ),
        })),
      },
    ],
  };
}
