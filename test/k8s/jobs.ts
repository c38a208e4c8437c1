import { apply, kubectl } from './cluster/kubectl.js';

const NAMES = ['migrate', 'topics', 'demo'];

/** Runs two copies of each job at once, after a first run, in the order of a rollout. */
export async function checkJobs(): Promise<string> {
  for (const name of NAMES) await runCopies(['a', 'b'].map((copy) => ({ name, as: `again-${name}-${copy}` })));
  return `two copies of ${NAMES.join(', ')}`;
}

/** A job of the platform, the name of its copy, and its image if that is another one. */
export interface JobCopy {
  readonly name: string;
  readonly as: string;
  readonly image?: string;
}

/** Runs copies of jobs at the same time, and removes them. Throws with their last lines and the state of all pods if one fails. */
export async function runCopies(copies: readonly JobCopy[]): Promise<void> {
  const all = copies.map(({ as }) => `job/${as}`);
  try {
    await apply(await Promise.all(copies.map(copyOf)));
    await kubectl('wait', ...all, '--for=condition=complete', '--timeout=180s').catch(async (error: Error) => {
      // A container that has just been restarted has not yet said anything: its predecessor has.
      const logsOf = ({ as }: JobCopy) => [
        ['logs', `job/${as}`, '--tail=10'],
        ['logs', `job/${as}`, '--tail=10', '--previous'],
        ['describe', 'pods', '-l', `job-name=${as}`],
      ];
      const logs = await Promise.all(copies.flatMap(logsOf).map((command) => kubectl(...command).catch(String)));
      const pods = await kubectl('get', 'pods', '--all-namespaces', '-o', 'wide').catch(String);
      throw new Error([error.message, ...logs, pods].join('\n'), { cause: error });
    });
  } finally {
    await kubectl('delete', ...all, '--ignore-not-found');
  }
}

async function copyOf({ name, as, image }: JobCopy): Promise<object> {
  const job = JSON.parse(await kubectl('get', 'job', name, '-o', 'json')) as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  const { spec } = job.spec.template;
  const containers = spec.containers.map((container) => ({ ...container, image: image ?? container.image }));
  const labels = { 'app.kubernetes.io/component': 'job' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: as },
    spec: { backoffLimit: 10, template: { metadata: { labels }, spec: { ...spec, containers } } },
  };
}
