import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Client } from '../../support/platform/client.js';
import type { Running } from '../subjects/running.js';

const EVERY_MS = 100;
const MAX_WAIT_MS = 30_000;

/**
 * Publishes posts at a steady pace, and measures each from the moment at which it was due until the first notification of it is
 * committed. Milliseconds, ascending. The database reports each commit itself: to ask for it would cost what is measured.
 */
export async function effectsOfPublishing({ platform, field }: Running, publications: number): Promise<number[]> {
  const { stored, close } = await listen(platform.databases.notifications);
  try {
    const api = new Client(field.urls.posts);
    const begun = performance.now();
    const publish = async (number: number) => {
      const due = begun + number * EVERY_MS;
      await delay(Math.max(0, due - performance.now()));
      const { token = '' } = field.accounts[number % field.accounts.length] ?? {};
      const { status, body, text } = await api.post(
        '/v1/posts',
        { title: `Effect ${number}`, body: 'It *has* an effect.', status: 'published' },
        { token },
      );
      if (status !== 201) throw new Error(`Publishing was answered with ${status}: ${text}`);
      return (await stored.at(body.data.id)) - due;
    };
    const all = await Promise.all(Array.from({ length: publications }, (_, number) => publish(number)));
    return all.toSorted((one, other) => one - other);
  } finally {
    await close();
  }
}

/** Resolves with the time of the first notification of a post, which may have come before the question. */
class Stored {
  private readonly times = new Map<string, number>();
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  add(post: string): void {
    if (this.times.has(post)) return;
    this.times.set(post, performance.now());
    this.emitter.emit(post);
  }

  async at(post: string): Promise<number> {
    if (!this.times.has(post)) await once(this.emitter, post, { signal: AbortSignal.timeout(MAX_WAIT_MS) });
    return this.times.get(post) ?? 0;
  }
}

async function listen(url: string): Promise<{ stored: Stored; close: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create or replace function notifications.notify_stored() returns trigger language plpgsql as
    $$ begin perform pg_notify('stored', new.post_id::text); return null; end $$`);
  await client.query(`create or replace trigger notify_stored after insert on notifications.notifications
    for each row when (new.type = 'post.published') execute function notifications.notify_stored()`);
  const stored = new Stored();
  client.on('notification', ({ payload = '' }) => stored.add(payload));
  await client.query('listen stored');
  return { stored, close: () => client.end() };
}
