import type { Containers } from '../../support/infrastructure/containers.js';
import { findViolations, keysAcrossKills } from '../checking/checker.js';
import { runClients, type ClientContext } from '../clients.js';
import { History } from '../checking/history.js';
import { type Plan, planOf } from '../plan.js';
import { type State, stateOf } from '../checking/state.js';
import { countsOf, type Verdict } from '../checking/verdict.js';
import type { Scenario } from './scenarios.js';
import { Stage } from './stage.js';

export interface ScenarioResult {
  readonly scenario: string;
  readonly seed: number;
  readonly history: History;
  readonly verdict: Verdict;
  readonly kills: number;
  readonly disruptions: number;
  readonly redelivered: number;
  readonly keysAcross: number;
  readonly settled: boolean;
  /** Violations that the scenario itself found. */
  readonly violations: readonly string[];
  readonly state: State;
}

const CLIENTS = 32;
const STEPS = 14;

/**
 * Runs the clients during the disruptions of a scenario, waits until all events are delivered, and checks the result.
 */
export async function perform(containers: Containers, scenario: Scenario, seed: number): Promise<ScenarioResult> {
  const stage = await Stage.start(containers, scenario);
  try {
    const plan = scenario.plan ?? planOf(seed, { clients: CLIENTS, stepsPerClient: STEPS, hotEdits: 40, kills: 0 });
    const history = new History();
    const writes = plan.clients.flat().length + plan.clients.length;
    const [violations] = await Promise.all([scenario.during(stage, writes, history), write(plan, stage, history)]);
    await stage.fleet.whenAllRunning();
    const dead = scenario.expected?.(stage) ?? [];
    const settled = await stage.settle((what) => dead.some((each) => what.includes(each)), scenario.settleTimeoutMs);
    const more = await scenario.afterwards?.(stage, history);
    const state = await stage.withClient(stateOf);
    const undelivered = state.undelivered.filter((what) => !dead.some((each) => what.includes(each)));
    const verdict = findViolations(history, { ...state, undelivered });
    await stage.fleet.stop();
    return {
      scenario: scenario.name,
      seed,
      history,
      verdict,
      kills: stage.fleet.kills.length,
      disruptions: stage.disruptions.length,
      redelivered: state.redelivered,
      keysAcross: keysAcrossKills(state, [...stage.fleet.kills, ...stage.disruptions]),
      settled,
      violations: [...violations, ...(more ?? [])],
      state,
    };
  } finally {
    await stage.tearDown();
  }
}

async function write(plan: Plan, stage: Stage, history: History): Promise<void> {
  const context: ClientContext = {
    api: stage.fleet.api,
    history,
    whenRunning: (path) => stage.fleet.whenRunning(path),
    onResponse: () => stage.onResponse(),
    accounts: [],
  };
  try {
    await runClients(plan, context);
  } finally {
    stage.onLastResponse();
  }
}

export function hasPassed({ verdict, settled, violations }: ScenarioResult): boolean {
  return settled && violations.length === 0 && Object.values(verdict).flat().length === 0;
}

export function lineOf(result: ScenarioResult): string {
  const { scenario, seed, history, verdict, kills, disruptions, redelivered, settled } = result;
  const counts = countsOf(history, verdict, `kills=${kills} disruptions=${disruptions} redelivered=${redelivered}`);
  return `delivery: topology=services scenario=${scenario} ${counts} settled=${settled} seed=${seed}`;
}
