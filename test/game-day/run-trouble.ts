import { eventually } from '../support/eventually.js';
import { evaluate, rulesOf } from '../support/prometheus.js';
import type { Stage, Trouble } from './troubles.js';

/** For two evaluations of the rules, and for the longest wait of a condition or a retry. */
const PATIENCE_MS = 240_000;

interface Alert {
  readonly type: string;
  readonly name: string;
  /** The condition. */
  readonly query: string;
  /** Seconds that the condition must last. */
  readonly duration: number;
  readonly annotations: { readonly runbook?: string };
}

type Say = (line: string) => void;

/**
 * Causes a trouble, waits until the condition of its alert is met, repairs it, and waits until the condition has ended.
 * Repairs it in any case. Throws if the condition is met before, or does not change in time.
 */
export async function runTrouble(trouble: Trouble, stage: Stage, say: Say): Promise<void> {
  const alert = await alertNamed(trouble.alert, stage);
  const condition = () => seriesOf(alert.query, stage);
  const before = await condition();
  if (before.length > 0)
    throw new Error(`${alert.name} has trouble of its own: ${before.join(', ')}. Repair it first.`);
  say(`Trouble     ${trouble.what}`);
  say(`Alert       ${alert.name}: ${alert.query}, for ${alert.duration / 60} min`);
  try {
    await trouble.cause(stage);
    const begun = performance.now();
    const found = await eventually('the condition is met', async () => nonEmpty(await condition()), PATIENCE_MS);
    say(`Condition   met after ${seconds(begun)} s: ${found.join(', ')}`);
    say(`Runbook     ${alert.annotations.runbook ?? 'none'}`);
  } finally {
    await trouble.repair(stage);
  }
  const repaired = performance.now();
  await eventually('the condition has ended', async () => (await condition()).length === 0, PATIENCE_MS);
  say(`Repaired    the condition has ended after ${seconds(repaired)} s`);
}

async function alertNamed(name: string, { prometheus }: Stage): Promise<Alert> {
  const rules = await rulesOf<Alert>(prometheus);
  const found = rules.find((rule) => rule.type === 'alerting' && rule.name === name);
  if (!found) throw new Error(`Prometheus has no alert ${name}.`);
  return found;
}

/** The series for which an expression is true, with their values. */
async function seriesOf(query: string, { prometheus }: Stage): Promise<string[]> {
  return (await evaluate(prometheus, query)).map(({ metric: { __name__: name, ...labels }, value: [, value] }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name ?? ''}{${pairs.join(',')}} = ${value}`;
  });
}

const nonEmpty = <T>(items: readonly T[]) => items.length > 0 && items;
const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(0);
