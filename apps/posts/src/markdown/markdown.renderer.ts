import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { packageRoot } from '#database';
import { invalid, runtimeErrors } from '#runtime';
import type { RenderedText } from './markdown.js';
import type { RenderingResult } from './rendering.js';

/** CPU time limit per text. A page of prose takes about 1 ms, 100,000 ordinary characters about 50 ms. */
const MAX_CPU_MICROSECONDS = 1_000_000;
const CHECK_MS = 50;
/** Twice what the worker may have by its own limits: Node ignores those if the process has --max-old-space-size. */
const MAX_HEAP_BYTES = 64 * 1_048_576;
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };
/** Limits of the queue: number of texts and time in the queue. A few expensive texts must not delay all requests. */
const MAX_QUEUED = 100;
const MAX_QUEUED_MS = 2_000;

const WORKER = join(packageRoot(), 'dist/apps/posts/src/markdown/markdown.worker.js');

/** A text as posts and comments store it. */
export interface StoredText {
  readonly body: string;
  readonly bodyHtml: string;
  readonly mentions: string[];
}

/**
 * Renders Markdown in a worker thread, one text at a time. The cost of rendering cannot be estimated from a text: with
 * nested quotes, wide tables or references, a few thousand characters can take seconds. Each text therefore has 1 s of
 * CPU time and a bounded heap; if it needs more, its worker is terminated, and the next text gets a new one.
 */
@Injectable()
export class MarkdownRenderer implements OnApplicationShutdown {
  private worker: Worker | undefined;
  private queueTail: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  /** When the first text was rendered: the start of the worker does not count as time in the queue. */
  private warmAt = Infinity;

  /** The columns of a text. Throws VALIDATION_FAILED if it cannot be rendered, UNAVAILABLE if too many are queued. */
  async render(body: string): Promise<StoredText> {
    const { html, mentions } = await this.renderInTurn(body);
    return { body, bodyHtml: html, mentions };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker?.terminate();
  }

  private async renderInTurn(markdown: string): Promise<RenderedText> {
    if (this.waiting >= MAX_QUEUED) throw runtimeErrors.UNAVAILABLE('Too many texts are waiting to be rendered.');
    this.waiting++;
    const queuedAt = performance.now();
    const rendering = this.queueTail.then(() => {
      if (performance.now() - Math.max(queuedAt, this.warmAt) > MAX_QUEUED_MS)
        throw runtimeErrors.UNAVAILABLE('Too many texts are being rendered.');
      return this.renderNext(markdown).finally(() => (this.warmAt = Math.min(this.warmAt, performance.now())));
    });
    this.queueTail = rendering.catch(() => undefined);
    try {
      const result = await rendering;
      if ('refused' in result) throw invalid([{ in: 'body', path: '/body', code: 'invalid', message: result.refused }]);
      return result;
    } finally {
      this.waiting--;
    }
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
    const isPending = () => !isDone;
    const watch = setInterval(() => void endIfOverLimit(worker, before, isPending).catch(() => undefined), CHECK_MS);
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
    // Without a listener, an error emitted between two texts would terminate the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => (this.worker = this.worker === worker ? undefined : this.worker));
    worker.unref();
    return worker;
  }
}

/** Terminates a worker that has exceeded the limit of CPU time or heap; `renderNext` handles its `exit` event. */
async function endIfOverLimit(worker: Worker, before: NodeJS.CpuUsage, isPending: () => boolean): Promise<void> {
  const [{ user, system }, heap] = await Promise.all([worker.cpuUsage(before), worker.getHeapStatistics()]);
  const isOver = user + system > MAX_CPU_MICROSECONDS || heap.used_heap_size > MAX_HEAP_BYTES;
  if (isOver && isPending()) await worker.terminate();
}
