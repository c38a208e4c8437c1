import { EventEmitter, once } from 'node:events';
import pg from 'pg';

const MAX_WAIT_MS = 30_000;

/** When notifications of publications are committed. The database reports each itself: to ask for it would cost what is measured. */
export class StoredNotifications {
  private readonly times = new Map<string, number>();
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  private constructor(private readonly client: pg.Client) {}

  /** `url` is that of the database of notifications, which gets a trigger. */
  static async listen(url: string): Promise<StoredNotifications> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create or replace function notifications.notify_stored() returns trigger language plpgsql as
      $$ begin perform pg_notify('stored', new.post_id::text); return null; end $$`);
    await client.query(`create or replace trigger notify_stored after insert on notifications.notifications
      for each row when (new.type = 'post.published') execute function notifications.notify_stored()`);
    const stored = new StoredNotifications(client);
    client.on('notification', ({ payload = '' }) => stored.add(payload));
    await client.query('listen stored');
    return stored;
  }

  /** Resolves with the time, as performance.now(), of the first notification of a post, which may have come before the question. */
  async firstOf(post: string): Promise<number> {
    if (!this.times.has(post)) await once(this.emitter, post, { signal: AbortSignal.timeout(MAX_WAIT_MS) });
    return this.times.get(post) ?? 0;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private add(post: string): void {
    if (this.times.has(post)) return;
    this.times.set(post, performance.now());
    this.emitter.emit(post);
  }
}
