import { type Plan, planOf } from './plan.js';

export const SETTLE_MS = 60_000;

/** The seed that was asked for, or any. */
export function seedOf(asked?: string): number {
  return asked === undefined ? Math.floor(Math.random() * 1_000_000) : Number(asked);
}

/** 64 clients, some 2,000 writes (two in five change an existing post), a dozen kills. */
export function mainPlan(seed: number): Plan {
  return planOf(seed, { clients: 64, stepsPerClient: 28, hotEdits: 50, kills: 12 });
}

/** At most 100 writes, with those that are repeated because a kill left a registration unanswered; the process kills itself. */
export function controlPlan(seed: number): Plan {
  return planOf(seed, { clients: 10, stepsPerClient: 4, hotEdits: 20, kills: 0 });
}
