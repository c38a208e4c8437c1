import type { Containers } from '../../support/containers.js';
import { judge, keysAcrossKills } from '../checker.js';
import { letWrite, type World } from '../clients.js';
import { History } from '../history.js';
import { type Plan, planOf } from '../plan.js';
import { type State, stateOf } from '../state.js';
import { countsOf, type Verdict } from '../verdict.js';
import type { Scenario } from './scenarios.js';
import { Stage } from './stage.js';

export interface Performance {
  readonly scenario: string;
  readonly seed: number;
  readonly history: History;
  readonly verdict: Verdict;
  readonly kills: number;
  readonly blows: number;
  readonly redelivered: number;
  readonly keysAcross: number;
  readonly settled: boolean;
  /** What the scenario itself found wrong. */
  readonly faults: readonly string[];
  readonly state: State;
}

const CLIENTS = 32;
const STEPS = 14;

/** Lets clients write while a scenario does its worst, waits until everything has arrived, and judges. */
export async function perform(containers: Containers, scenario: Scenario, seed: number): Promise<Performance> {
  const stage = await Stage.set(containers, scenario);
  try {
    const plan = scenario.plan ?? planOf(seed, { clients: CLIENTS, stepsPerClient: STEPS, hotEdits: 40, kills: 0 });
    const history = new History();
    const writes = plan.clients.flat().length + plan.clients.length;
    const [faults] = await Promise.all([scenario.during(stage, writes, history), write(plan, stage, history)]);
    await stage.fleet.openAll();
    const dead = scenario.expected?.(stage) ?? [];
    const settled = await stage.settle((what) => dead.some((each) => what.includes(each)), scenario.patience);
    const more = await scenario.afterwards?.(stage, history);
    const state = await stage.withClient(stateOf);
    const left = state.left.filter((what) => !dead.some((each) => what.includes(each)));
    const verdict = judge(history, { ...state, left });
    await stage.fleet.stop();
    return {
      scenario: scenario.name,
      seed,
      history,
      verdict,
      kills: stage.fleet.kills.length,
      blows: stage.blows.length,
      redelivered: state.redelivered,
      keysAcross: keysAcrossKills(state, [...stage.fleet.kills, ...stage.blows]),
      settled,
      faults: [...faults, ...(more ?? [])],
      state,
    };
  } finally {
    await stage.strike();
  }
}

async function write(plan: Plan, stage: Stage, history: History): Promise<void> {
  const world: World = {
    api: stage.fleet.api,
    history,
    open: (path) => stage.fleet.open(path),
    onAnswer: () => stage.onAnswer(),
    accounts: [],
  };
  try {
    await letWrite(plan, world);
  } finally {
    stage.onLastAnswer();
  }
}

export function isFine({ verdict, settled, faults }: Performance): boolean {
  return settled && faults.length === 0 && Object.values(verdict).flat().length === 0;
}

export function lineOf(result: Performance): string {
  const { scenario, seed, history, verdict, kills, blows, redelivered, settled } = result;
  const counts = countsOf(history, verdict, `kills=${kills} blows=${blows} redelivered=${redelivered}`);
  return `delivery: topology=services scenario=${scenario} ${counts} settled=${settled} seed=${seed}`;
}
