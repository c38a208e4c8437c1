import { randomBytes } from 'node:crypto';
import { capture, feed, Problem } from './cluster.mjs';

const IN = ['-n', 'twofold'];
const COMMAND = ['tini', '--', 'node', '--enable-source-maps', 'dist/apps/ops/src/main.js'];

/**
 * Runs an ops command in a pod of its own, with the secrets and the network of the jobs; prints its output. Returns its exit
 * code. What it writes into files is lost with the pod. After an hour it goes on without being watched.
 */
export async function runOps(parameters) {
  const { spec } = JSON.parse(await capture('kubectl', 'get', 'job', 'migrate', ...IN, '-o', 'json')).spec.template;
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
      containers: [{ ...container, name: 'ops', env, command: [...COMMAND, ...parameters] }],
    },
  };
  await feed(JSON.stringify(pod), 'kubectl', 'apply', ...IN, '-f', '-');
  const ended = '.status.containerStatuses[0].state.terminated';
  await capture('kubectl', 'wait', `pod/${name}`, ...IN, `--for=jsonpath={${ended}}`, '--timeout=3600s').catch(
    (error) => {
      throw new Problem(
        `${error.message}\nThe pod goes on: kubectl -n twofold logs -f ${name}; delete it when it has ended.`,
      );
    },
  );
  process.stdout.write(await capture('kubectl', 'logs', name, ...IN));
  const code = await capture('kubectl', 'get', 'pod', name, ...IN, '-o', `jsonpath={${ended}.exitCode}`);
  await capture('kubectl', 'delete', 'pod', name, ...IN, '--wait=false');
  return Number(code);
}
