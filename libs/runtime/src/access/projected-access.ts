import { Injectable, Logger } from '@nestjs/common';
import { Broadcast } from '#cache';
import { Database } from '#database';
import type { CurrentAccount } from '../auth/current-account.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { AccessControl, type VerifiedToken } from './access-control.js';
import { AccessLists } from './access-lists.js';
import { AccessRepository, type ChangedAccount } from './access.repository.js';

/** Of who changes a role and who makes tokens; and how long before a token is signed its role may have been read. */
const CLOCKS_DIFFER_MS = 60_000;
/** Everything is read again so often: a transaction may have taken longer than the looks overlap. */
const WHOLE_MS = 60_000;
/** api.md promises 500 at most. */
const POLL_MS = 400;

/**
 * Access as the events of auth have told this service: sessions that ended and accounts that changed are kept in its database,
 * and every replica reads their changes into memory, several times a second and as soon as another announces one. No
 * request asks anybody.
 */
@Injectable()
export class ProjectedAccess extends AccessControl {
  private readonly logger = new Logger('access');
  private readonly ended = new Map<string, number>();
  private readonly accounts = new Map<string, ChangedAccount>();
  private lookedAt: Date | undefined;
  private wholeAt = -Infinity;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;
  /** Whether everything that had been published when the process started has arrived. */
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
    // A token that is clearly newer than the change has the new role itself, or a newer one.
    const isOlder = issuedAt <= (changed?.roleChangedAt?.getTime() ?? -Infinity) + CLOCKS_DIFFER_MS;
    return Promise.resolve(changed?.role && isOlder ? { ...account, role: changed.role } : account);
  }

  /** Reads what is there, and goes on until `stop`. Throws if it cannot be read. */
  async start(): Promise<void> {
    await this.read();
    this.caughtUp = true;
    this.timer = setInterval(() => void this.look(), POLL_MS).unref();
    this.unsubscribe = await this.broadcast.subscribe(this.channel, () => void this.look());
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.unsubscribe?.();
    await this.looking;
  }

  /** Tells every replica that something has changed. One that misses it looks by itself. */
  async announce(): Promise<void> {
    await this.broadcast.publish(this.channel, '');
  }

  private get channel(): string {
    return `access.${this.service}`;
  }

  private look(): Promise<void> {
    this.looking ??= this.read()
      .catch((error: unknown) => this.logger.debug(`${this.service}: ${(error as Error).message}`))
      .finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async read(): Promise<void> {
    const isWhole = performance.now() - this.wholeAt > WHOLE_MS;
    const { at, ended, accounts } = await this.repository.changesSince(isWhole ? undefined : this.lookedAt);
    if (isWhole) this.wholeAt = performance.now();
    for (const { sessionId, until } of ended) this.ended.set(sessionId, until.getTime());
    for (const changed of accounts) this.accounts.set(changed.accountId, changed);
    this.lookedAt = at;
    for (const [id, until] of this.ended) if (until < at.getTime()) this.ended.delete(id);
  }
}
