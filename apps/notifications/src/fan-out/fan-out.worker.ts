import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '#database';
import { EventRuntime, Loop } from '#events';
import { contextOf, isPast, isSampled, levels, linksTo, newTrace, recordWait, withSpan } from '#telemetry';
import { type FanOutJob, FanOutRepository } from './fan-out.repository.js';

/** Followers per transaction: about 10 ms, so that its locks are held only briefly. */
const SLICE_SIZE = 1_000;
/** Poll interval, for jobs that another process has left behind. */
const POLL_MS = 1_000;

const jobs = levels(
  'twofold_fan_out_jobs',
  'Publications whose followers have not all been notified yet; at most 1,000 are counted.',
  ['service'],
);

/**
 * Notifies the followers of publications that have too many for the transaction that stores them: slice by slice inside
 * Postgres, each slice and its cursor in one transaction, the jobs in turn. Any number of processes may run it. It
 * pauses for as long as the last slice took, so that a large job leaves capacity for other work.
 */
@Injectable()
export class FanOutWorker implements OnModuleDestroy {
  private readonly endMeasurement: () => void;
  private readonly loop = new Loop('fan-out', () => this.turn());

  constructor(
    private readonly database: Database,
    private readonly repository: FanOutRepository,
    services: EventRuntime,
  ) {
    services.add(this.loop);
    const labels = { service: database.service };
    this.endMeasurement = jobs.addSource(async () => [{ labels, value: await repository.countJobs() }]);
  }

  onModuleDestroy(): void {
    this.endMeasurement();
  }

  wake(): void {
    this.loop.wake();
  }

  /** Processes one slice of one job. Returns the pause until the next call, in milliseconds. */
  async turn(): Promise<number> {
    const startedAt = performance.now();
    let job: FanOutJob | undefined;
    try {
      await this.database.transaction(async () => {
        job = await this.repository.takeJob();
        if (!job) return;
        await this.runSlice(job);
      });
    } catch (error) {
      // A failing job must not block the others.
      if (job) await this.repository.postpone(job);
      throw error;
    }
    return job ? Math.ceil(performance.now() - startedAt) : POLL_MS;
  }

  /** In the trace of the handler that planned the job, after a span for its wait; an old job begins traces with a link. */
  private async runSlice(job: FanOutJob): Promise<void> {
    const { service } = this.database;
    const { traceparent, publishedAt, servedAt } = job;
    const isOld = isPast(publishedAt);
    const cause = isOld ? newTrace() : contextOf(traceparent);
    const parent = isSampled(traceparent) ? cause : undefined;
    if (parent && !isOld) recordWait(service, 'wait for a slice', { since: servedAt.getTime() }, parent);
    const options = { attributes: { 'twofold.slice.size': SLICE_SIZE }, links: isOld ? linksTo([traceparent]) : [] };
    const slice = async () => {
      await this.repository.lockAuthors([job.authorId]);
      await this.repository.runSlice(job, SLICE_SIZE);
    };
    await withSpan(service, 'notify followers', options, slice, parent);
  }
}
