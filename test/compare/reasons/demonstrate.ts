import { quantile } from '../../bench/statistics/statistics.js';
import { answersOf, failedShare, type OpenLoopResult } from '../../support/load/open-loop.js';
import { operations, ownerOf } from '../load/mix.js';
import { Sender } from '../load/sender.js';
import { say, subjectOf } from '../run.js';
import type { Running, Stage } from '../subjects/running.js';
import type { SubjectKey } from '../subjects/subjects.js';
import { type Reason, reasons } from './reasons.js';

/** How reads fared while one part was in trouble. */
export interface Demonstration {
  readonly reason: string;
  readonly subject: SubjectKey;
  /** Which remedy of the product it lacks, if it is shown without one. */
  readonly without?: string;
  /** Reads of services that have nothing to do with the trouble, before it and meanwhile. */
  readonly bystanders: Fared;
  /** Reads of the services in which it is. */
  readonly concerned: Fared;
  /** Milliseconds until the trouble was over. */
  readonly lasted: number;
}

export interface Fared {
  readonly before: Figures;
  readonly during: Figures;
}

export interface Figures {
  readonly p50: number;
  readonly p99: number;
  /** From 0 to 1. */
  readonly failed: number;
}

const RATE = 150;
const BEFORE_SECONDS = 10;
const DURING_SECONDS = 25;
const WARM_UP = { rate: 300, seconds: 10 };
const COMPARED = ['monolith', 'pair', 'services'] as const;

export async function demonstrate(stage: Stage, keys: readonly string[]): Promise<Demonstration[]> {
  const shown: Demonstration[] = [];
  await Sender.with(async (sender) => {
    for (const reason of reasons.filter(({ key }) => keys.length === 0 || keys.includes(key)))
      for (const { subject, settings, without, ...how } of casesOf(reason)) {
        const seen = await stage.with(
          { ...subjectOf(subject), ...how },
          (running) => endure(reason, running, sender),
          settings,
        );
        shown.push({ reason: reason.key, subject, ...(without ? { without } : {}), ...seen });
        say(`${reason.title}: ${subject}${without ? `, ${without}` : ''}`);
      }
  });
  return shown;
}

interface Case {
  readonly subject: SubjectKey;
  readonly without?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly entry?: string;
  readonly crashes?: boolean;
}

function casesOf({ entry, remedy }: Reason): Case[] {
  const crashing = entry ? { entry, crashes: true } : {};
  return [
    ...COMPARED.map((subject) => ({ subject, ...crashing })),
    ...(remedy ? [{ subject: 'monolith', ...remedy } as const] : []),
  ];
}

async function endure(
  reason: Reason,
  running: Running,
  sender: Sender,
): Promise<Pick<Demonstration, 'bystanders' | 'concerned' | 'lasted'>> {
  const load = { field: running.field, rate: RATE, only: 'reads' as const };
  await reason.prepare?.(running);
  await sender.send({ ...load, ...WARM_UP, seed: 1 });
  const before = await sender.send({ ...load, seconds: BEFORE_SECONDS, seed: 500 });
  const begun = performance.now();
  const [during, lasted] = await Promise.all([
    sender.send({ ...load, seconds: DURING_SECONDS, seed: 501 }),
    reason.cause(running).then(() => performance.now() - begun),
  ]);
  const fared = (concerned: boolean): Fared => ({
    before: figuresOf(before, reason, concerned),
    during: figuresOf(during, reason, concerned),
  });
  return { bystanders: fared(false), concerned: fared(true), lasted };
}

function figuresOf(sent: OpenLoopResult, { where }: Reason, concerned: boolean): Figures {
  const chosen = operations.filter((each) => each.isRead && where.includes(ownerOf(each)) === concerned);
  const answers = answersOf(
    sent,
    chosen.map(({ name }) => name),
  );
  const at = (part: number) => quantile(answers.latencies, part);
  return { p50: at(0.5), p99: at(0.99), failed: failedShare(answers) };
}
