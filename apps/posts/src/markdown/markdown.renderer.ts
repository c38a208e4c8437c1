import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { packageRoot } from '#database';
import { invalid, runtimeErrors } from '#runtime';
import type { RenderedText } from './markdown.js';
import type { RenderingResult } from './rendering.js';

/** CPU time of one text. A page of prose takes a millisecond; a hundred thousand ordinary characters take some fifty. */
const MOST_CPU_MICROSECONDS = 1_000_000;
const LOOK_MS = 50;
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };
/** Texts that may wait for their turn, and how long: a few that are costly must not keep everybody. */
const MOST_WAITING = 100;
const LONGEST_WAIT_MS = 2_000;

const WORKER = join(packageRoot(), 'dist/apps/posts/src/markdown/markdown.worker.js');

/**
 * Renders Markdown in a worker thread, one text at a time. The cost of rendering cannot be bounded by looking at a text:
 * nested quotes, wide tables and references make a few thousand characters cost seconds. So a text has a second of CPU time
 * and a bounded heap; one that needs more ends its worker, and the next text gets a new one.
 */
@Injectable()
export class MarkdownRenderer implements OnApplicationShutdown {
  private worker: Worker | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Throws VALIDATION_FAILED for a text that cannot be rendered, and UNAVAILABLE if too many wait. */
  async render(markdown: string): Promise<RenderedText> {
    if (this.waiting >= MOST_WAITING) throw runtimeErrors.UNAVAILABLE('Too many texts are waiting to be rendered.');
    this.waiting++;
    const asked = performance.now();
    const rendering = this.turn.then(() => {
      if (performance.now() - asked > LONGEST_WAIT_MS)
        throw runtimeErrors.UNAVAILABLE('Too many texts are being rendered.');
      return this.renderNext(markdown);
    });
    this.turn = rendering.catch(() => undefined);
    try {
      const result = await rendering;
      if ('refused' in result) throw invalid([{ path: 'body', message: result.refused, code: 'invalid' }]);
      return result;
    } finally {
      this.waiting--;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker?.terminate();
  }

  private async renderNext(markdown: string): Promise<RenderingResult> {
    const worker = (this.worker ??= await this.start());
    const before = await worker.cpuUsage();
    const outcome = Promise.withResolvers<RenderingResult>();
    const giveUp = () => {
      if (this.worker === worker) this.worker = undefined;
      outcome.resolve({ refused: 'is too complicated to be rendered' });
    };
    worker.on('message', outcome.resolve).on('error', giveUp).on('exit', giveUp);
    worker.postMessage(markdown);
    let isDone = false;
    const isInHand = () => !isDone;
    const watch = setInterval(() => void endIfCostly(worker, before, isInHand).catch(() => undefined), LOOK_MS);
    try {
      return await outcome.promise;
    } finally {
      isDone = true;
      clearInterval(watch);
      worker.off('message', outcome.resolve).off('error', giveUp).off('exit', giveUp);
    }
  }

  private async start(): Promise<Worker> {
    const worker = new Worker(WORKER, { resourceLimits });
    await once(worker, 'online');
    // Without a listener an error that comes between two texts would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => (this.worker = this.worker === worker ? undefined : this.worker));
    worker.unref();
    return worker;
  }
}

/** Its end is noticed by whoever waits for its answer. */
async function endIfCostly(worker: Worker, before: NodeJS.CpuUsage, isInHand: () => boolean): Promise<void> {
  const { user, system } = await worker.cpuUsage(before);
  if (user + system > MOST_CPU_MICROSECONDS && isInHand()) await worker.terminate();
}
