import { StoredNotifications } from '../../support/database/stored-notifications.js';
import { atPace } from '../../support/load/at-pace.js';
import { Client } from '../../support/platform/client.js';
import type { Running } from '../subjects/running.js';

const EVERY_MS = 100;

/**
 * Publishes posts at a steady pace, and measures each from the moment at which it was due until the first notification of it is
 * committed. Milliseconds, ascending.
 */
export async function effectsOfPublishing({ platform, field }: Running, publications: number): Promise<number[]> {
  const stored = await StoredNotifications.listen(platform.databases.notifications);
  try {
    const api = new Client(field.urls.posts);
    const all = await atPace({ every: EVERY_MS, count: publications }, async (number, due) => {
      const { token = '' } = field.accounts[number % field.accounts.length] ?? {};
      const { status, body, text } = await api.post(
        '/v1/posts',
        { title: `Effect ${number}`, body: 'It *has* an effect.', status: 'published' },
        { token },
      );
      if (status !== 201) throw new Error(`Publishing was answered with ${status}: ${text}`);
      return (await stored.firstOf(body.data.id)) - due;
    });
    return all.toSorted((one, other) => one - other);
  } finally {
    await stored.close();
  }
}
