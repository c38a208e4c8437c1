import { type Plan, planOf } from './plan.js';

export const SETTLE_MS = 60_000;

/** The requested seed, or a random one. */
export function seedOf(requested?: string): number {
  return requested === undefined ? Math.floor(Math.random() * 1_000_000) : Number(requested);
}

/** 64 clients, about 2,000 writes (two in five change an existing post), 12 kills. */
export function mainPlan(seed: number): Plan {
  return planOf(seed, { clients: 64, stepsPerClient: 28, hotEdits: 50, kills: 12 });
}

/**
 * At most 100 writes, including registrations that are repeated after a kill. No kills from outside: the process kills
 * itself.
 */
export function controlPlan(seed: number): Plan {
  return planOf(seed, { clients: 10, stepsPerClient: 4, hotEdits: 20, kills: 0 });
}
