import { Injectable } from '@nestjs/common';
import type { Database } from '#database';
import { EventRuntime, type Inbox, seenKey } from '#events';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** Asks a service for what has arrived there. */
export interface CatchUpSource {
  readonly database: Database;
  readonly inbox: Inbox;
  /** Of these accounts, those that the service knows. */
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
const LONGEST_WAIT_MS = 2_000;
const MOST_WAITS = 1_000;
const ACCOUNT = 'account';

/**
 * Lets a request wait until what its caller has done before has taken effect in the service it asks now. All waits of
 * the process share one poll; a service is asked once per turn, whatever the number of its waits.
 */
@Injectable()
export class CatchUp {
  private readonly waits = new Set<Wait>();
  private readonly looking = new Set<CatchUpSource>();
  private polling = false;

  constructor(private readonly services: EventRuntime) {}

  /**
   * Returns whether there was anything to wait for. Throws NOT_CAUGHT_UP after two seconds, or at once when too many wait
   * already.
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
    if (this.waits.size >= MOST_WAITS) throw runtimeErrors.NOT_CAUGHT_UP('Too many requests are waiting already.');
    await this.join({ source, pairs, pending, account });
    return pairs.length > 0;
  }

  private join(wait: Omit<Wait, 'end'>): Promise<void> {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => end(runtimeErrors.NOT_CAUGHT_UP()), LONGEST_WAIT_MS);
      const entry: Wait = { ...wait, end };
      const waits = this.waits;
      function end(error?: Error): void {
        clearTimeout(timer);
        waits.delete(entry);
        if (error) failed(error);
        else done();
      }
      this.waits.add(entry);
      void this.poll();
    });
  }

  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    while (this.waits.size > 0) {
      for (const source of new Set([...this.waits].map((wait) => wait.source))) void this.lookOnce(source);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    this.polling = false;
  }

  /** A slow database is not asked again before it has answered, and delays nobody else's turn. */
  private async lookOnce(source: CatchUpSource): Promise<void> {
    if (this.looking.has(source)) return;
    this.looking.add(source);
    await this.look(source);
    this.looking.delete(source);
  }

  /** A service whose database is away fails its waits at once. */
  private async look(source: CatchUpSource): Promise<void> {
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
