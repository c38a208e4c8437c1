import { quantile, type Spread, spreadOf } from '../../bench/statistics/statistics.js';
import { answersOf, errorsOf } from '../../support/load/open-loop.js';
import type { AnswersCheck } from '../answers/compare-answers.js';
import { operations } from '../load/mix.js';
import type { Counts } from '../measure/counts.js';
import type { Fault, Release } from '../measure/faults.js';
import type { Gateway } from '../measure/gateway.js';
import type { GeneratorCheck } from '../measure/generator.js';
import { type Step, throughputOf } from '../measure/saturation.js';
import type { Phase, Sizes, Visit } from '../measure/visit.js';
import { type Round, type Run, subjectOf } from '../run.js';
import { sumOf } from '../subjects/parts.js';
import type { SubjectKey } from '../subjects/subjects.js';
import type { Distribution } from './distribution.js';
import type { Machine } from './machine.js';

/** All that a report shows, as it is kept in JSON. Durations in milliseconds, CPU in microseconds per request, memory in bytes. */
export interface Summary {
  readonly machine: Machine;
  readonly command: string;
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly checks: Checks;
  readonly raw: Quantiles;
  readonly subjects: readonly SubjectSummary[];
  readonly distribution: Distribution;
}

export interface Checks {
  readonly answers: AnswersCheck;
  readonly generator: GeneratorCheck;
  /** The monolith's CPU time per request as part of that of its other visit in the same round. */
  readonly again: Spread;
  readonly dropped: number;
  /** How many of the checks were good. */
  readonly passed: number;
  /** Why the run is void; empty if it is not. */
  readonly void: readonly string[];
}

export interface Quantiles {
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** From 10,000 samples on. */
  readonly p999?: number;
}

export interface Cost {
  readonly perRequest: Spread;
  readonly byPart: Readonly<Record<string, number>>;
  /** Without what the same parts take while there are no requests. */
  readonly aboveIdle: Spread;
}

export interface SubjectSummary {
  readonly key: SubjectKey;
  readonly title: string;
  readonly foil: boolean;
  readonly mixed: Cost;
  readonly reads: Cost;
  /** Of one second, in microseconds, by part. */
  readonly idle: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<string, Quantiles>>;
  readonly failed: number;
  readonly effects: Quantiles;
  readonly startedIn: Spread;
  readonly memory: Readonly<Record<string, number>>;
  readonly connections: number;
  /** Requests per second at which the objective was met; absent if that was not looked for. */
  readonly throughput?: Spread;
  readonly steps: readonly Step[];
  readonly counts?: Readonly<Record<string, Counts>>;
  readonly faults?: readonly Fault[];
  readonly release?: Release;
  readonly gateway?: Gateway;
}

/** What is measured once, apart from the rounds. */
export interface Extras {
  readonly counts: Readonly<Partial<Record<SubjectKey, Readonly<Record<string, Counts>>>>>;
  readonly faults: Readonly<Partial<Record<SubjectKey, readonly Fault[]>>>;
  readonly releases: Readonly<Partial<Record<SubjectKey, Release>>>;
  readonly gateways: Readonly<Partial<Record<SubjectKey, Gateway>>>;
}

export const noExtras: Extras = { counts: {}, faults: {}, releases: {}, gateways: {} };

const SAMPLES_FOR_P999 = 10_000;
const AGAIN = { low: 0.95, high: 1.05 };

export function subjectSummary(key: SubjectKey, rounds: readonly Round[], extras: Extras): SubjectSummary {
  const { title, foil = false } = subjectOf(key);
  const visits = rounds.flatMap(({ visits: all }) => all[key] ?? []);
  const parts = Object.keys(visits[0]?.idle ?? {});
  const median = (of: (visit: Visit) => number) => spreadOf(visits.map(of)).median;
  const [counts, faults, release] = [extras.counts[key], extras.faults[key], extras.releases[key]];
  const gateway = extras.gateways[key];
  const throughputs = visits.filter(({ steps }) => steps.length > 0).map(({ steps }) => throughputOf(steps));
  return {
    key,
    title,
    foil,
    mixed: costOf(visits, (visit) => visit.mixed),
    reads: costOf(visits, (visit) => visit.reads),
    idle: byPart(parts, (part) => median(({ idle }) => idle[part] ?? 0)),
    latencies: Object.fromEntries(
      operations.map(({ name }) => [
        name,
        quantilesOf(visits.flatMap(({ mixed }) => answersOf(mixed.sent, [name]).latencies)),
      ]),
    ),
    failed: visits.reduce(
      (sum, { mixed, reads }) => sum + errorsOf(answersOf(mixed.sent)) + errorsOf(answersOf(reads.sent)),
      0,
    ),
    effects: quantilesOf(visits.flatMap(({ effects }) => effects)),
    startedIn: spreadOf(visits.map(({ startedIn }) => startedIn)),
    memory: byPart(parts, (part) => median(({ memory }) => memory[part] ?? 0)),
    connections: median((visit) => visit.connections),
    ...(throughputs.length > 0 ? { throughput: spreadOf(throughputs) } : {}),
    steps: visits.find(({ steps }) => steps.length > 0)?.steps ?? [],
    ...(counts ? { counts } : {}),
    ...(faults ? { faults } : {}),
    ...(release ? { release } : {}),
    ...(gateway ? { gateway } : {}),
  };
}

/** Of a short run, the comparison of the monolith with itself is noise, and not judged. */
export function checksOf({ rounds, generator }: Run, answers: AnswersCheck, { judgeNoise = true } = {}): Checks {
  const visits = rounds.flatMap((round) => Object.values(round.visits));
  const dropped = visits.reduce((sum, { mixed, reads }) => sum + mixed.sent.dropped + reads.sent.dropped, 0);
  const again = spreadOf(
    rounds.flatMap(({ visits: { monolith, again: other } }) =>
      monolith && other ? [perRequest(other.mixed) / perRequest(monolith.mixed)] : [],
    ),
  );
  const differing = Object.keys(answers.differences);
  const isLevel = again.median >= AGAIN.low && again.median <= AGAIN.high;
  const judged: readonly (readonly [ok: boolean, otherwise: string])[] = [
    [differing.length === 0, `the answers of ${differing.join(', ')} differ from those of the monolith`],
    [generator.ok, 'the sender did not see that the server stood still'],
    [dropped === 0, `${dropped} requests were due and not sent`],
    ...(judgeNoise
      ? [
          [
            isLevel,
            `the monolith compared with itself is ${again.median.toFixed(3)}, not between 0.95 and 1.05`,
          ] as const,
        ]
      : []),
  ];
  return {
    answers,
    generator,
    again,
    dropped,
    passed: judged.filter(([ok]) => ok).length,
    void: judged.flatMap(([ok, otherwise]) => (ok ? [] : [otherwise])),
  };
}

export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (part: number) => quantile(sorted, part);
  const samples = sorted.length;
  return {
    samples,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    ...(samples >= SAMPLES_FOR_P999 ? { p999: at(0.999) } : {}),
  };
}

function costOf(visits: readonly Visit[], phaseOf: (visit: Visit) => Phase): Cost {
  const parts = Object.keys(visits[0]?.idle ?? {});
  const above = (visit: Visit) => {
    const { cpu, answered, seconds } = phaseOf(visit);
    return (sumOf(cpu) - sumOf(visit.idle) * seconds) / answered;
  };
  return {
    perRequest: spreadOf(visits.map((visit) => perRequest(phaseOf(visit)))),
    byPart: byPart(parts, (part) => {
      const shares = visits.map(phaseOf).map(({ cpu, answered }) => (cpu[part] ?? 0) / answered);
      return spreadOf(shares).median;
    }),
    aboveIdle: spreadOf(visits.map(above)),
  };
}

const perRequest = ({ cpu, answered }: Phase) => sumOf(cpu) / answered;

function byPart(parts: readonly string[], valueOf: (part: string) => number): Record<string, number> {
  return Object.fromEntries(parts.map((part) => [part, valueOf(part)]));
}
