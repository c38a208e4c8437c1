import { capture, feed } from './cluster.mjs';
import { step } from './progress.mjs';
import { whenComplete } from './rollout.mjs';

/** Runs a job to its end. Jobs cannot be changed: that of the last run is deleted first. Does nothing without a job. */
export async function runJob(job) {
  if (!job) return;
  await step(`job ${job.name} complete`, async () => {
    await capture('kubectl', 'delete', 'job', job.name, '-n', 'twofold', '--ignore-not-found', '--wait');
    await feed(job.text, 'kubectl', 'apply', '-f', '-');
    await whenComplete(job.name);
  });
}
