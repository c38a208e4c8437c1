import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Inbox } from '#events';
import type { FastifyRequest } from 'fastify';
import { CatchUp, type CatchUpSource } from './catch-up.js';
import { decodeTokens } from './consistency-token.js';

/** SQL that selects, of the ids in $1 (uuid[]), those of accounts that the service knows, as `id`; null if it knows all. */
export const KNOWN_ACCOUNTS = Symbol('KNOWN_ACCOUNTS');

const MAX_KNOWN_ACCOUNTS = 50_000;

/**
 * Delays a request until the events named by its Consistency-Token have taken effect in the service that owns the
 * route, and this service knows the caller's account.
 */
@Injectable()
export class ReadYourWritesGuard implements CanActivate {
  private readonly source: CatchUpSource;
  /** A known account stays known, so each is looked up once per process. */
  private readonly known = new Set<string>();

  constructor(
    private readonly catchUp: CatchUp,
    @Inject(KNOWN_ACCOUNTS) private readonly knownAccounts: string | null,
    database: Database,
    inbox: Inbox,
  ) {
    this.source = {
      database,
      inbox,
      knownAccounts: async (ids) => {
        const rows = await database.query<{ id: string }>(knownAccounts ?? 'select unnest($1::uuid[]) as id', [ids]);
        return rows.map((row) => row.id);
      },
    };
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const token = request.headers['consistency-token'];
    const events = token === undefined ? [] : decodeTokens([token].flat().join(','));
    const account = this.isNew(request.account?.id) ? request.account?.id : undefined;
    if (events.length > 0 || account) {
      const hasWaited = await this.catchUp.until(this.source, events, account);
      if (request.cause) request.cause.hasWaited = hasWaited;
    }
    if (account) this.addKnown(account);
    return true;
  }

  private isNew(account: string | undefined): boolean {
    return this.knownAccounts !== null && account !== undefined && !this.known.has(account);
  }

  private addKnown(account: string): void {
    if (this.known.size >= MAX_KNOWN_ACCOUNTS) this.known.clear();
    this.known.add(account);
  }
}
