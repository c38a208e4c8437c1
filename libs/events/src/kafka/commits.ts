import { Logger } from '@nestjs/common';
import type { EachBatchPayload } from 'kafkajs';

const SOON_MS = 250;

/**
 * Tells the broker how far one member of a group is: a little later, and for all its partitions at once. What is told once
 * per batch instead costs the broker as much as the events. Whoever dies before is brought again what the inbox knows.
 */
export class Commits {
  private readonly logger = new Logger('kafka');
  private latest: EachBatchPayload | undefined;
  private failing = false;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  /** Of what has been resolved, that is of events whose effects have committed. */
  soon(payload: EachBatchPayload): void {
    this.latest = payload;
    if (!this.ended) this.timer ??= setTimeout(() => void this.now(), SOON_MS).unref();
  }

  /** What the broker does not take is told again; if it has given the partitions to somebody else, there is nothing left. */
  async now(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { latest } = this;
    try {
      await latest?.commitOffsetsIfNecessary(latest.uncommittedOffsets());
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`offsets are committed later: ${(error as Error).message}`);
      this.failing = true;
      if (latest) this.soon(latest);
    }
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}
