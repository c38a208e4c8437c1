/**
 * Tests the platform on the cluster that kubectl points at, through its gateway at GATEWAY_URL: `npm run test:k8s`. Prints a line
 * per check, and deletes the namespace at the end. Some parts only: `npm run test:k8s -- delivery network`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '#database';
import { Checks } from '../support/checks.js';
import { eventually } from '../support/eventually.js';
import { Client } from '../support/platform/client.js';
import { seedOf } from '../delivery/sizes.js';
import { checkDeletedPods } from './deleted-pods.js';
import { checkJobs } from './jobs.js';
import { checkManifests } from './manifests.js';
import { checkNetworkPolicies } from './network.js';
import { checkKeyRotation } from './keys.js';
import { checkPasswordChange } from './passwords.js';
import { checkSchemaChange } from './releases.js';
import { checkFailingRollout, checkRollingRestarts, ourDeployments } from './rolling.js';
import { checkAutoscaling } from './scaling.js';
import { checkSmoke } from './smoke.js';

const api = new Client(process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080');
const checks = new Checks();

type Check = readonly [what: string, look: () => Promise<string>];

/** What is checked on the services, one after the other. */
const ofServices: Readonly<Record<string, Check>> = {
  smoke: ['the public API works', () => checkSmoke(api.url)],
  rolling: [
    'no request fails during a rolling restart of each deployment',
    () => checkRollingRestarts(api, ourDeployments),
  ],
  failing: ['a rollout that cannot become ready stops, and is undone', () => checkFailingRollout(api)],
  network: ['only the edges of the architecture are open', checkNetworkPolicies],
  jobs: ['the jobs are safe to repeat, and to run twice at once', checkJobs],
  scaling: ['the autoscaler follows the load', () => checkAutoscaling(api)],
  passwords: ['a database password is changed without a failed request', () => checkPasswordChange(api)],
  keys: ['the signing key is rotated without a failed request', () => checkKeyRotation(api)],
  // Last: the releases before do not work with what it leaves.
  release: ['a column is renamed over two releases without a failed request', () => checkSchemaChange(api)],
};
const parts = ['manifests', 'monolith', 'mixture', 'delivery', ...Object.keys(ofServices)];

const selected = process.argv.slice(2).filter((each) => each !== '--keep');
const unknown = selected.filter((each) => !parts.includes(each));
if (unknown.length > 0) throw new Error(`Unknown part ${unknown.join()}. Available parts: ${parts.join(', ')}.`);
const isChosen = (part: string) => selected.length === 0 || selected.includes(part);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Runs `npm run k8s:…` with the settings of a test. */
async function platform(command: string, overlay?: string, settings: Record<string, string> = {}): Promise<string> {
  const parameters = ['tools/k8s/main.mjs', command, ...(overlay ? [overlay] : [])];
  const env = { ...process.env, RATE_LIMIT: 'off', LOG_LEVEL: 'warn', ...settings };
  const begun = performance.now();
  const child = spawn(process.execPath, parameters, {
    cwd: packageRoot(),
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`k8s:${command} ${overlay ?? ''} ended with ${code}`);
  if (command === 'up') await eventually('the gateway answers', async () => (await fetch(api.url)).ok, 30_000);
  return `${Math.round((performance.now() - begun) / 1_000)} s`;
}

if (isChosen('manifests')) await checks.run('every overlay and component is accepted by the cluster', checkManifests);
if (isChosen('monolith')) {
  await checks.run('k8s:up -- monolith', () => platform('up', 'monolith'));
  await checks.run('monolith: the public API works', () => checkSmoke(api.url));
  await checks.run('monolith: no request fails during a rolling restart', () =>
    checkRollingRestarts(api, ['monolith']),
  );
  await checks.run('k8s:down', () => platform('down'));
}
if (isChosen('mixture')) {
  await checks.run('k8s:up -- mixture', () => platform('up', 'mixture'));
  await checks.run('mixture: the public API works', () => checkSmoke(api.url));
  await checks.run('k8s:down', () => platform('down'));
}
if (['delivery', ...Object.keys(ofServices)].some(isChosen)) {
  // The checker knows only what its own clients wrote.
  await checks.run('k8s:up -- services', () => platform('up', 'services', { DEMO: 'off' }));
  if (isChosen('delivery'))
    await checks.run('services: nothing is lost, doubled, out of order or stale while pods are deleted', () =>
      checkDeletedPods(api, seedOf()),
    );
  await checks.run('k8s:up again', () => platform('up', 'services'));
  for (const [part, [what, look]] of Object.entries(ofServices))
    if (isChosen(part)) await checks.run(`services: ${what}`, look);
}
if (!process.argv.includes('--keep')) await checks.run('k8s:down removes everything', () => platform('down'));
process.exit(checks.summarize('k8s'));
