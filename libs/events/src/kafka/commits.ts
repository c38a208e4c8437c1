import { Logger } from '@nestjs/common';
import type { EachBatchPayload } from 'kafkajs';

const DELAY_MS = 250;

/**
 * Commits the offsets of one member of a group: after a delay, and for all its partitions at once. A commit per batch
 * would cost the broker as much as the events. After a crash, uncommitted messages are redelivered; the inbox
 * deduplicates them.
 */
export class Commits {
  private readonly logger = new Logger('kafka');
  private latest: EachBatchPayload | undefined;
  private failing = false;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  /** Schedules a commit of the resolved offsets: those of events whose effects have committed. */
  schedule(payload: EachBatchPayload): void {
    this.latest = payload;
    if (!this.ended) this.timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref();
  }

  /** Commits at once. A failed commit is repeated; after the partitions were reassigned, nothing is left to commit. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { latest } = this;
    try {
      await latest?.commitOffsetsIfNecessary(latest.uncommittedOffsets());
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`Offset commit failed and will be repeated: ${(error as Error).message}`);
      this.failing = true;
      if (latest) this.schedule(latest);
    }
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}
