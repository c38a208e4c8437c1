import { kubectl, Problem } from './cluster.mjs';

const TIMEOUT = '--timeout=300s';
const LINES = '--tail=20';

/** Waits until these are rolled out. Throws a Problem with the last lines of the pods that are not ready. */
export async function rollOut(objects) {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  await Promise.all(
    workloads.map(({ kind, name }) =>
      kubectl('rollout', 'status', `${kind}/${name}`, TIMEOUT).catch((error) =>
        explain(`${kind} ${name} does not become ready. Its old pods, if there are any, keep serving.`, name, error),
      ),
    ),
  );
}

/** Waits until a job is complete. Throws a Problem with its last lines if it fails. */
export async function whenComplete(job) {
  await kubectl('wait', `job/${job}`, '--for=condition=complete', TIMEOUT).catch((error) =>
    explain(`Job ${job} does not end.`, job, error),
  );
}

async function explain(what, name, error) {
  const of = ['-l', `app.kubernetes.io/name=${name}`];
  const ask = (...parameters) => kubectl(...parameters).catch((failed) => failed.message);
  const { items } = JSON.parse(await kubectl('get', 'pods', ...of, '-o', 'json'));
  const unready = items.filter(({ status }) => !status.containerStatuses?.every(({ ready }) => ready));
  const logs = await Promise.all(
    unready.map(async ({ metadata }) => `--- ${metadata.name}\n${await ask('logs', metadata.name, LINES)}`),
  );
  const events = await ask('get', 'events', '--field-selector=type=Warning', '--sort-by=.lastTimestamp');
  const lastEvents = events.trim().split('\n').slice(-5).join('\n');
  throw new Problem([what, await ask('get', 'pods', ...of), ...logs, lastEvents, error.message].join('\n'));
}
