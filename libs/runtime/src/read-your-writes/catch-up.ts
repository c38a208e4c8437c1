import { Injectable } from '@nestjs/common';
import type { Database } from '#database';
import { EventRuntime, type Inbox, seenKey } from '#events';
import { untraced, withSpan } from '#telemetry';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** How to query which events and accounts have arrived in a service. */
export interface CatchUpSource {
  readonly database: Database;
  readonly inbox: Inbox;
  /** Returns those of the accounts that the service knows. */
  readonly knownAccounts: (ids: readonly string[]) => Promise<readonly string[]>;
}

interface Wait {
  readonly source: CatchUpSource;
  readonly pending: Set<string>;
  readonly pairs: readonly { consumer: string; event: string }[];
  readonly account: string | undefined;
  readonly end: (error?: Error) => void;
}

const POLL_MS = 25;
const MAX_WAIT_MS = 2_000;
const MAX_WAITS = 1_000;
const ACCOUNT = 'account';

/**
 * Delays a request until earlier writes of its caller have taken effect in the service that handles it. All waits of
 * the process share one poll; each poll queries a service once, regardless of the number of its waits.
 */
@Injectable()
export class CatchUp {
  private readonly waits = new Set<Wait>();
  private readonly checking = new Set<CatchUpSource>();
  private polling = false;

  constructor(private readonly services: EventRuntime) {}

  /**
   * Returns whether there were events to wait for. Throws NOT_CAUGHT_UP after two seconds, or at once if too many
   * requests are waiting already.
   */
  async until(
    source: CatchUpSource,
    events: readonly { readonly type: string; readonly id: string }[],
    account: string | undefined,
  ): Promise<boolean> {
    const pairs = events.flatMap(({ type, id }) =>
      this.services.awaitedIn(source.database.service, type).map((consumer) => ({ consumer, event: id })),
    );
    const pending = new Set(pairs.map(({ consumer, event }) => seenKey(consumer, event)));
    if (account) pending.add(ACCOUNT);
    if (pending.size === 0) return false;
    if (this.waits.size >= MAX_WAITS) throw runtimeErrors.NOT_CAUGHT_UP('Too many requests are waiting already.');
    await withSpan(source.database.service, 'wait for own writes', {}, () =>
      this.join({ source, pairs, pending, account }),
    );
    return pairs.length > 0;
  }

  private join(wait: Omit<Wait, 'end'>): Promise<void> {
    return new Promise((done, failed) => {
      // After a busy event loop, timers come before answers that have arrived: those are read first.
      const timer = setTimeout(() => setImmediate(() => end(runtimeErrors.NOT_CAUGHT_UP())), MAX_WAIT_MS);
      const entry: Wait = { ...wait, end };
      const waits = this.waits;
      function end(error?: Error): void {
        clearTimeout(timer);
        if (!waits.delete(entry)) return;
        if (error) failed(error);
        else done();
      }
      this.waits.add(entry);
      untraced(() => void this.poll());
    });
  }

  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    while (this.waits.size > 0) {
      for (const source of new Set([...this.waits].map((wait) => wait.source))) void this.checkOnce(source);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    this.polling = false;
  }

  /** A slow database is not queried again before it has answered, and does not delay the queries of other services. */
  private async checkOnce(source: CatchUpSource): Promise<void> {
    if (this.checking.has(source)) return;
    this.checking.add(source);
    await this.check(source);
    this.checking.delete(source);
  }

  /** If the database of a service is unavailable, all its waits fail at once. */
  private async check(source: CatchUpSource): Promise<void> {
    const waits = [...this.waits].filter((wait) => wait.source === source);
    const pairs = waits.flatMap((wait) => wait.pairs);
    const accounts = waits.flatMap((wait) => wait.account ?? []);
    try {
      const seen = pairs.length > 0 ? await source.inbox.seen(pairs) : new Set<string>();
      const known = new Set(accounts.length > 0 ? await source.knownAccounts(accounts) : []);
      for (const wait of waits) settle(wait, seen, known);
    } catch (error) {
      for (const wait of waits) wait.end(error as Error);
    }
  }
}

function settle(wait: Wait, seen: ReadonlySet<string>, known: ReadonlySet<string>): void {
  for (const key of wait.pending) if (seen.has(key)) wait.pending.delete(key);
  if (wait.account && known.has(wait.account)) wait.pending.delete(ACCOUNT);
  if (wait.pending.size === 0) wait.end();
}
