import { Injectable, Logger } from '@nestjs/common';
import { Broadcast } from '#cache';
import { Database } from '#database';
import type { CurrentAccount } from '../auth/current-account.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { AccessControl, type VerifiedToken } from './access-control.js';
import { AccessLists } from './access-lists.js';
import { AccessRepository, type ChangedAccount } from './access.repository.js';

/**
 * Upper bound of the clock difference between a process that changes a role and one that issues tokens, and of the time
 * between reading the role for a token and signing it.
 */
const CLOCK_SKEW_MS = 60_000;
/** Interval of full reads: a transaction may take longer than the overlap of two incremental reads. */
const FULL_READ_MS = 60_000;
/** The API contract guarantees at most 500 ms. */
const POLL_MS = 400;

/**
 * Access control from a projection of auth's events: ended sessions and changed accounts are stored in the service's
 * database. Every replica polls their changes into memory several times a second, and reads them at once when another
 * replica announces one. No request queries the database or another service.
 */
@Injectable()
export class ProjectedAccess extends AccessControl {
  private readonly logger = new Logger('access');
  private readonly ended = new Map<string, number>();
  private readonly accounts = new Map<string, ChangedAccount>();
  private lastReadAt: Date | undefined;
  private fullReadAt = -Infinity;
  private reading: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;
  /** Whether the events published before the process started have been read, or the wait for them has timed out. */
  caughtUp = false;

  constructor(
    private readonly database: Database,
    private readonly repository: AccessRepository,
    private readonly broadcast: Broadcast,
    lists: AccessLists,
  ) {
    super();
    lists.add(this);
  }

  get service(): string {
    return this.database.service;
  }

  check({ issuedAt, ...account }: VerifiedToken): Promise<CurrentAccount> {
    if (!this.caughtUp) throw runtimeErrors.NOT_CAUGHT_UP('The process is starting.');
    const changed = this.accounts.get(account.id);
    const hasEnded = this.ended.has(account.sessionId) || (changed && changed.state !== 'active');
    if (hasEnded) throw runtimeErrors.SESSION_ENDED();
    // A token that was clearly issued after the change carries the new role, or a newer one.
    const isOlder = issuedAt <= (changed?.roleChangedAt?.getTime() ?? -Infinity) + CLOCK_SKEW_MS;
    return Promise.resolve(changed?.role && isOlder ? { ...account, role: changed.role } : account);
  }

  /** Reads all rows, then polls for changes until `stop`. Throws if the first read fails. */
  async start(): Promise<void> {
    await this.read();
    this.caughtUp = true;
    this.timer = setInterval(() => void this.refresh(), POLL_MS).unref();
    this.unsubscribe = await this.broadcast.subscribe(this.channel, () => void this.refresh());
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.unsubscribe?.();
    await this.reading;
  }

  /** Notifies every replica of a change. A replica that misses the message reads the change at its next poll. */
  async announce(): Promise<void> {
    await this.broadcast.publish(this.channel, '');
  }

  private get channel(): string {
    return `access.${this.service}`;
  }

  private refresh(): Promise<void> {
    this.reading ??= this.read()
      .catch((error: unknown) => this.logger.debug(`${this.service}: ${(error as Error).message}`))
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<void> {
    const isFullRead = performance.now() - this.fullReadAt > FULL_READ_MS;
    const { at, ended, accounts } = await this.repository.changesSince(isFullRead ? undefined : this.lastReadAt);
    if (isFullRead) this.fullReadAt = performance.now();
    for (const { sessionId, until } of ended) this.ended.set(sessionId, until.getTime());
    for (const changed of accounts) this.accounts.set(changed.accountId, changed);
    this.lastReadAt = at;
    for (const [id, until] of this.ended) if (until < at.getTime()) this.ended.delete(id);
  }
}
