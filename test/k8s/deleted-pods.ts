import { findViolations } from '../delivery/checking/checker.js';
import { History } from '../delivery/checking/history.js';
import { stateOf } from '../delivery/checking/state.js';
import { countsOf, violationsOf } from '../delivery/checking/verdict.js';
import { runClients } from '../delivery/clients.js';
import { planOf } from '../delivery/plan.js';
import { eventually } from '../support/eventually.js';
import type { Client } from '../support/platform/client.js';
import { isReady, kubectl, type KubernetesObject, list } from './cluster/kubectl.js';
import { startProbe } from './cluster/probe.js';
import { ourDeployments } from './rolling.js';

const DELETIONS = 20;
const CLIENTS = 16;
const STEPS = 20;
const SETTLE_MS = 180_000;

/**
 * Deletes 20 pods of the platform at random while clients write, every second one by force, and compares what the clients
 * were told with what is stored.
 */
export async function checkDeletedPods(api: Client, seed: number): Promise<string> {
  const probe = await startProbe();
  try {
    const history = new History();
    let deleting = true;
    const deletions = deletePods().finally(() => (deleting = false));
    for (let round = 0; deleting; round++) await write(api, history, seed + round);
    const deleted = await deletions;
    const verdict = await eventually(
      'all events are delivered',
      async () => {
        const found = findViolations(history, await stateOf(probe.client));
        return violationsOf(found).length === 0 && found;
      },
      SETTLE_MS,
    ).catch(async () => findViolations(history, await stateOf(probe.client)));
    const { redelivered } = await stateOf(probe.client);
    const line = countsOf(history, verdict, `deleted=${deleted} redelivered=${redelivered}`);
    const violations = violationsOf(verdict).slice(0, 20);
    if (violations.length > 0) throw new Error([line, ...violations].join('\n'));
    return `${line} seed=${seed}; responses ${history.answers}`;
  } finally {
    await probe.stop();
  }
}

async function write(api: Client, history: History, seed: number): Promise<void> {
  const plan = planOf(seed, { clients: CLIENTS, stepsPerClient: STEPS, hotEdits: 20, kills: 0 });
  await runClients(plan, {
    api,
    history,
    whenRunning: () => Promise.resolve(),
    onResponse: () => undefined,
    accounts: [],
  });
}

/** Deletes one ready pod after the other, of a service that has another one. */
async function deletePods(): Promise<number> {
  for (let number = 0; number < DELETIONS; number++) {
    const victim = await chooseVictim();
    const force = number % 2 === 1 ? ['--force', '--grace-period=0'] : [];
    await kubectl('delete', 'pod', victim, '--wait=false', ...force);
  }
  return DELETIONS;
}

async function chooseVictim(): Promise<string> {
  return eventually(
    'a deployment has two ready pods',
    async () => {
      const pods = await list('pods', `app.kubernetes.io/name in (${ourDeployments.join()})`);
      const nameOf = ({ metadata }: KubernetesObject) => metadata.labels?.['app.kubernetes.io/name'] ?? '';
      const ready = Object.values(Object.groupBy(pods.filter(isReady), nameOf));
      const candidates = ready.flatMap((each = []) => (each.length > 1 ? each : []));
      return candidates[Math.floor(Math.random() * candidates.length)]?.metadata.name;
    },
    SETTLE_MS,
  );
}
