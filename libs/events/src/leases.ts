import { randomUUID } from 'node:crypto';
import type { Database } from '#database';
import { BUCKETS } from './buckets.js';
import { ASYNC_COMMIT } from './async-commit.js';

export const LEASE_MS = 1_500;
export const RENEW_MS = 500;

/**
 * One relay's claim to a fair share of the buckets. A relay that dies loses its claim after LEASE_MS; one that was
 * paused and wakes up may overlap with its successor for a moment, which duplicates events but never reorders effects; so
 * does one whose claim a server forgot that was killed. Time is the database's, so that clocks of machines need not agree.
 */
export class Leases {
  private readonly owner = randomUUID();
  private buckets: readonly number[] = [];
  private validUntil = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  /** The buckets that this relay may publish now. */
  get held(): readonly number[] {
    return performance.now() < this.validUntil ? this.buckets : [];
  }

  /** Renews until `release`; `onFailure` hears of each renewal that failed. */
  async keep(onChange: () => void, onFailure: (error: unknown) => void): Promise<void> {
    const renew = () => this.renew().then(onChange, onFailure);
    await renew();
    this.timer = setInterval(() => void renew(), RENEW_MS);
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
    const rows = await this.database.query<{ bucket: number }>(
      `with ${ASYNC_COMMIT}, alive as (
         insert into relays (owner, seen_at) select $1, now() from async_commit on conflict (owner) do update set seen_at = now()
         returning owner
       ), everyone as (
         select owner from relays where seen_at > now() - $2 * interval '1 ms' union select owner from alive
       ), wanted as (
         select bucket from relay_leases where owner = $1 or owner is null or expires_at < now()
         order by owner = $1 desc nulls last, bucket
         limit (select ceil($3 / count(*)::numeric) from everyone) for update skip locked
       ), given_up as (
         update relay_leases set owner = null where owner = $1 and bucket not in (select bucket from wanted)
       )
       update relay_leases l set owner = $1, expires_at = now() + $2 * interval '1 ms' from wanted w
       where l.bucket = w.bucket returning l.bucket`,
      [this.owner, LEASE_MS, BUCKETS],
    );
    this.buckets = rows.map((row) => row.bucket);
    this.validUntil = asked + LEASE_MS;
  }
}

/** Frees all leases at once. Only for a process that knows that every earlier holder is dead. */
export async function removeLeasesOfTheDead(database: Database): Promise<void> {
  await database.query('with gone as (delete from relays) update relay_leases set owner = null');
}
