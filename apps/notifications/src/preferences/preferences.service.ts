import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { notificationTypes } from '../notifications/notification-types.js';
import type { ChangedPreferences, Preferences } from './preferences.dto.js';

const everything = { inApp: true, email: true, webhook: true };

interface PreferenceRow {
  readonly type: (typeof notificationTypes)[number];
  readonly inApp: boolean;
  readonly email: boolean;
  readonly webhook: boolean;
}

/** Through which channels somebody wants to hear of what. */
@Injectable()
export class PreferencesService {
  constructor(private readonly database: Database) {}

  async read(recipientId: string): Promise<Preferences> {
    const rows = await this.database.query<PreferenceRow>(
      `select type, in_app as "inApp", email, webhook from preferences where recipient_id = $1`,
      [recipientId],
    );
    const kept = new Map(rows.map(({ type, ...channels }) => [type, channels]));
    return preferences((type) => kept.get(type) ?? everything);
  }

  /** Replaces all: a type or channel that is not named is on again. What was decided before stays as it was. */
  async replace(recipientId: string, wanted: ChangedPreferences): Promise<Preferences> {
    const result = preferences((type) => ({ ...everything, ...wanted[type] }));
    const rows = notificationTypes.map((type) => ({ type, ...result[type] }));
    await this.database.query(
      `insert into preferences (recipient_id, type, in_app, email, webhook)
       select $1, type, "inApp", email, webhook from json_to_recordset($2) as p
         (type text, "inApp" boolean, email boolean, webhook boolean)
       on conflict (recipient_id, type) do update
         set in_app = excluded.in_app, email = excluded.email, webhook = excluded.webhook`,
      [recipientId, JSON.stringify(rows)],
    );
    return result;
  }
}

function preferences(of: (type: (typeof notificationTypes)[number]) => typeof everything): Preferences {
  return Object.fromEntries(notificationTypes.map((type) => [type, of(type)])) as Preferences;
}
