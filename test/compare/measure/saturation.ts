import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../../bench/statistics/statistics.js';
import { answersOf, failedShare, type OpenLoopResult } from '../../support/load/open-loop.js';
import { operations } from '../load/mix.js';
import type { Sender } from '../load/sender.js';
import type { Running } from '../subjects/running.js';

/** The objectives of docs/guides/observe-it.md, in milliseconds, and the part of requests that may fail. */
export const objective = { readsP99: 250, writesP99: 1_000, failed: 0.01 };

/** What became of a rate that was offered. */
export interface Step {
  readonly rate: number;
  readonly readsP99: number;
  readonly writesP99: number;
  /** From 0 to 1. */
  readonly failed: number;
  readonly met: boolean;
}

const FIRST_RATE = 200;
const FACTOR = 1.25;
const SECONDS = 6;
const MAX_RATE = 10_000;
const PAUSE_MS = 1_000;

/** Offers ever higher rates of the mixed load until the objective is missed twice at the same rate, once being chance. */
export async function rampUp({ field }: Running, sender: Sender): Promise<Step[]> {
  const steps: Step[] = [];
  for (let rate = FIRST_RATE; rate < MAX_RATE; rate = Math.round(rate * FACTOR)) {
    let met = false;
    for (let attempt = 0; attempt < 2 && !met; attempt++) {
      await delay(PAUSE_MS);
      const step = stepOf(rate, await sender.send({ field, rate, seconds: SECONDS, seed: 300 + steps.length }));
      steps.push(step);
      ({ met } = step);
    }
    if (!met) break;
  }
  return steps;
}

/** The highest rate at which the objective was met, in requests per second. */
export const throughputOf = (steps: readonly Step[]) =>
  Math.max(0, ...steps.filter(({ met }) => met).map(({ rate }) => rate));

function stepOf(rate: number, sent: OpenLoopResult): Step {
  const p99 = (isRead: boolean) => {
    const names = operations.filter((each) => each.isRead === isRead).map(({ name }) => name);
    return quantile(answersOf(sent, names).latencies, 0.99);
  };
  const [readsP99, writesP99, failed] = [p99(true), p99(false), failedShare(answersOf(sent))];
  const met = readsP99 <= objective.readsP99 && writesP99 <= objective.writesP99 && failed <= objective.failed;
  return { rate, readsP99, writesP99, failed, met };
}
