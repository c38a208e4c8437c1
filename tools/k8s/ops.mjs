import { randomBytes } from 'node:crypto';
import { apply, kubectl, Problem } from './cluster.mjs';

const COMMAND = ['tini', '--', 'node', '--enable-source-maps', 'dist/apps/ops/src/main.js'];

/**
 * Runs an ops command in a pod of its own, with the secrets and the network of the jobs; prints its output. Returns its exit
 * code. What it writes into files is lost with the pod. After an hour it goes on without being watched.
 */
export async function runOps(parameters) {
  const { spec } = JSON.parse(await kubectl('get', 'job', 'migrate', '-o', 'json')).spec.template;
  const [container] = spec.containers;
  const name = `ops-${randomBytes(4).toString('hex')}`;
  const env = container.env.filter((each) => each.name !== 'MIGRATE');
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/component': 'job' } },
    spec: {
      ...spec,
      restartPolicy: 'Never',
      containers: [{ ...container, env, command: [...COMMAND, ...parameters] }],
    },
  };
  await apply(JSON.stringify(pod));
  const ended = '.status.containerStatuses[0].state.terminated';
  await kubectl('wait', `pod/${name}`, `--for=jsonpath={${ended}}`, '--timeout=3600s').catch((error) => {
    throw new Problem(
      `${error.message}\nThe pod goes on: kubectl -n twofold logs -f ${name}; delete it when it has ended.`,
    );
  });
  process.stdout.write(await kubectl('logs', name));
  const code = await kubectl('get', 'pod', name, '-o', `jsonpath={${ended}.exitCode}`);
  await kubectl('delete', 'pod', name, '--wait=false');
  return Number(code);
}
