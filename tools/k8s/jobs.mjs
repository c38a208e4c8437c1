import { apply, kubectl } from './cluster.mjs';
import { step } from './progress.mjs';
import { whenComplete } from './rollout.mjs';

/** Runs a job to its end. Jobs cannot be changed: that of the last run is deleted first. Does nothing without a job. */
export async function runJob(job) {
  if (!job) return;
  await step(`job ${job.name} complete`, async () => {
    await kubectl('delete', 'job', job.name, '--ignore-not-found', '--wait');
    await apply(job.text);
    await whenComplete(job.name);
  });
}
