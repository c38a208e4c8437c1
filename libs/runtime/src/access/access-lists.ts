import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AccountRegisteredV1 } from '#contracts';
import { EventTransport } from '#events';
import type { ProjectedAccess } from './projected-access.js';

/**
 * How long a starting process waits for session endings and account changes that it may have missed, while its broker
 * is unavailable.
 */
const MAX_WAIT_MS = 10_000;
const RETRY_MS = 100;

/** Starts, tracks and stops the access projections of all services of this process. */
@Injectable()
export class AccessLists {
  private readonly logger = new Logger('access');
  private readonly all: ProjectedAccess[] = [];
  private stopping = false;

  constructor(private readonly transport: EventTransport) {}

  add(access: ProjectedAccess): void {
    this.all.push(access);
  }

  /** Services that have not yet consumed all session endings that were published before the process started. */
  get notCaughtUp(): readonly string[] {
    return this.all.filter(({ caughtUp }) => !caughtUp).map(({ service }) => service);
  }

  /**
   * Call it after the consumers have started. Resolves when all services have caught up; until then requests with
   * access tokens are refused.
   */
  async start(): Promise<void> {
    await Promise.all(this.all.map((access) => this.catchUp(access)));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.all.map((access) => access.stop()));
  }

  private async catchUp(access: ProjectedAccess): Promise<void> {
    const until = performance.now() + MAX_WAIT_MS;
    const { topic } = AccountRegisteredV1;
    let isConsumed: (() => Promise<boolean>) | undefined;
    while (!this.stopping && performance.now() < until) {
      try {
        isConsumed ??= await this.transport.backlogOf(access.service, topic);
        if (await isConsumed()) break;
      } catch {
        // The broker or the database is unavailable; the component that detects it logs that.
      }
      await delay(RETRY_MS);
    }
    if (performance.now() >= until)
      this.logger.warn(`${access.service}: ended sessions are accepted until the event backlog is consumed.`);
    while (!this.stopping && !access.caughtUp) {
      await access.start().catch((error: Error) => this.logger.debug(`${access.service}: ${error.message}`));
      if (!access.caughtUp) await delay(RETRY_MS);
    }
  }
}
