import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AccountRegisteredV1 } from '#contracts';
import { EventTransport } from '#events';
import type { ProjectedAccess } from './projected-access.js';

/** How long a starting process waits for endings that it may have missed, while its broker is away. */
const LONGEST_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 100;

/** The endings that the services of this process know, from its start to its end. */
@Injectable()
export class AccessLists {
  private readonly logger = new Logger('access');
  private readonly all: ProjectedAccess[] = [];
  private stopping = false;

  constructor(private readonly transport: EventTransport) {}

  add(access: ProjectedAccess): void {
    this.all.push(access);
  }

  /** The services that do not know yet whose sessions had ended when the process started. */
  get behind(): readonly string[] {
    return this.all.filter(({ caughtUp }) => !caughtUp).map(({ service }) => service);
  }

  /** Call it once events are delivered. Resolves when all have caught up; until then requests with access tokens are refused. */
  async start(): Promise<void> {
    await Promise.all(this.all.map((access) => this.catchUp(access)));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.all.map((access) => access.stop()));
  }

  private async catchUp(access: ProjectedAccess): Promise<void> {
    const until = performance.now() + LONGEST_WAIT_MS;
    const { topic } = AccountRegisteredV1;
    let isConsumed: (() => Promise<boolean>) | undefined;
    while (!this.stopping && performance.now() < until) {
      try {
        isConsumed ??= await this.transport.backlogOf(access.service, topic);
        if (await isConsumed()) break;
      } catch {
        // The broker or the database is away, and its absence is reported where it is noticed.
      }
      await delay(LOOK_AGAIN_MS);
    }
    if (performance.now() >= until)
      this.logger.warn(`${access.service}: endings of sessions may be late by the backlog.`);
    while (!this.stopping && !access.caughtUp) {
      await access.start().catch((error: Error) => this.logger.debug(`${access.service}: ${error.message}`));
      if (!access.caughtUp) await delay(LOOK_AGAIN_MS);
    }
  }
}
