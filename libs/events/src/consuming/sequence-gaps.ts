import { Injectable, Logger } from '@nestjs/common';
import { Database } from '#database';
import { LRUCache } from 'lru-cache';
import type { EventRecord } from '../event.js';

export interface SequenceGap {
  readonly topic: string;
  readonly key: string;
  /** The sequence that should have come next. */
  readonly expected: number;
  readonly found: number;
  readonly seenAt: Date;
}

/** Keys whose latest sequence a process keeps in memory. */
const MAX_KEYS = 50_000;
const MAX_LISTED = 1_000;

/**
 * Detects gaps in the sequence of a key: an earlier event was lost, or was dead-lettered by its relay. Consuming
 * continues; the gap is logged and stored for operators. Covers only keys of which this process has consumed an event
 * since its last assignment.
 */
@Injectable()
export class SequenceGaps {
  private readonly logger = new Logger('delivery');
  private readonly latest = new LRUCache<string, number>({ max: MAX_KEYS });

  constructor(private readonly database: Database) {}

  /** Call it when another process may have consumed events that this one has not. */
  reset(): void {
    this.latest.clear();
  }

  /** Checks delivered events, in delivery order. Never throws. */
  async observe(records: readonly EventRecord[]): Promise<void> {
    for (const { topic, key, sequence } of records) {
      const name = `${topic}/${key}`;
      const before = this.latest.get(name);
      if (before === undefined || sequence > before) this.latest.set(name, sequence);
      if (before !== undefined && sequence > before + 1) await this.report(topic, key, before + 1, sequence);
    }
  }

  async list(): Promise<SequenceGap[]> {
    return this.database.query<SequenceGap>(
      `select topic, key, expected, found, seen_at as "seenAt" from sequence_gaps order by seen_at desc limit ${MAX_LISTED}`,
    );
  }

  private async report(topic: string, key: string, expected: number, found: number): Promise<void> {
    this.logger.error(`Sequence gap in ${topic}, key ${key}: expected ${expected}, found ${found}.`);
    const text = `insert into sequence_gaps (topic, key, expected, found) values ($1, $2, $3, $4) on conflict do nothing`;
    await this.database.query(text, [topic, key, expected, found]).catch((error: Error) => {
      this.logger.warn(`The gap could not be stored: ${error.message}`);
    });
  }
}
