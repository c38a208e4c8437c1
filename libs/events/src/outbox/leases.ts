import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#database';
import { BUCKETS } from './buckets.js';
import { ASYNC_COMMIT } from './async-commit.js';

export const LEASE_MS = 1_500;
export const RENEW_MS = 500;

/**
 * One relay's leases on a fair share of the buckets. The leases of a dead relay expire after LEASE_MS. A relay that was
 * paused and resumes may overlap with its successor for a moment, and so may one whose lease was lost in a crash of the
 * database server: this duplicates events but never reorders effects. Expiry uses the clock of the database, so that
 * clocks of machines need not agree.
 *
 * A relay that delivers events to the consumers of its own process leases nothing while another process has consumers
 * that it lacks: they would never get the events that it settles. Of two releases that each lack one, the one with more
 * consumers publishes, or else the one that started later.
 */
export class Leases {
  private readonly owner = randomUUID();
  private buckets: readonly number[] = [];
  private relays = 0;
  private validUntil = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `consumers` are the names of those that get events only from this relay's process; none with a broker. */
  constructor(
    private readonly database: Database,
    private readonly consumers: readonly string[] = [],
  ) {}

  /** The buckets that this relay may publish now. */
  get held(): readonly number[] {
    return performance.now() < this.validUntil ? this.buckets : [];
  }

  /** Whether no other relay of the service has been seen lately: then only operators' commands write events elsewhere. */
  get alone(): boolean {
    return this.relays === 1;
  }

  /**
   * Renews until `release`; `onFailure` is called with the error of each failed renewal. Resolves when no relay that
   * lacks a consumer of this one holds buckets any more: events that are committed from then on reach all consumers.
   */
  async keep(onChange: () => void, onFailure: (error: unknown) => void): Promise<void> {
    const renew = () => this.renew().then(onChange, onFailure);
    await renew();
    this.timer = setInterval(() => void renew(), RENEW_MS);
    if (await this.outdatesOthers().catch(() => false)) await delay(LEASE_MS);
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    this.validUntil = 0;
    await this.database.query(
      `with gone as (delete from relays where owner = $1) update relay_leases set owner = null where owner = $1`,
      [this.owner],
    );
  }

  private async renew(): Promise<void> {
    const asked = performance.now();
    const rows = await this.database.query<{ bucket: number; relays: number }>(
      `with ${ASYNC_COMMIT}, mine as (
         insert into relays as r (owner, seen_at, consumers) select $1, now(), $4 from async_commit
         on conflict (owner) do update set seen_at = now() returning r.owner, r.consumers, r.started_at
       ), alive as (
         select owner, consumers, started_at from relays where owner <> $1 and seen_at > now() - $2 * interval '1 ms'
         union all select * from mine
       ), current as (
         select owner from alive r where not exists (select from alive other where ${isOutdatedBy('r', 'other')})
       ), wanted as (
         select bucket from relay_leases where owner = $1 or owner is null or expires_at < now()
         order by owner = $1 desc nulls last, bucket
         limit (select ceil($3 * count(*) filter (where owner = $1) / count(*)::numeric) from current)
         for update skip locked
       ), given_up as (
         update relay_leases set owner = null where owner = $1 and bucket not in (select bucket from wanted)
       )
       update relay_leases l set owner = $1, expires_at = now() + $2 * interval '1 ms' from wanted w
       where l.bucket = w.bucket returning l.bucket, (select count(*) from alive)::int as relays`,
      [this.owner, LEASE_MS, BUCKETS, this.consumers],
    );
    this.buckets = rows.map((row) => row.bucket);
    this.relays = rows[0]?.relays ?? 0;
    this.validUntil = asked + LEASE_MS;
  }

  /** Also deletes relays that were last seen more than a day ago. */
  private async outdatesOthers(): Promise<boolean> {
    const outdated = await this.database.query(
      `with gone as (delete from relays where seen_at < now() - interval '1 day')
       select from relays mine join relays r on r.owner <> mine.owner and r.seen_at > now() - $2 * interval '1 ms'
       where mine.owner = $1 and ${isOutdatedBy('r', 'mine')} limit 1`,
      [this.owner, LEASE_MS],
    );
    return outdated.length > 0;
  }
}

/** SQL: relay `a` lacks a consumer of `b`, and `b` ranks higher (more consumers, then the later start). */
function isOutdatedBy(a: string, b: string): string {
  const rank = (relay: string) => `(cardinality(${relay}.consumers), ${relay}.started_at, ${relay}.owner)`;
  return `not ${b}.consumers <@ ${a}.consumers and ${rank(b)} > ${rank(a)}`;
}

/** Releases all leases at once. Only for a process that knows that every earlier holder has ended. */
export async function releaseStaleLeases(database: Database): Promise<void> {
  await database.query('with gone as (delete from relays) update relay_leases set owner = null');
}
