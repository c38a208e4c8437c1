import { Injectable } from '@nestjs/common';
import { notificationTypes } from '../notifications/notification-types.js';
import type { ChangedPreferences, Preferences } from './preferences.dto.js';
import { PreferencesRepository } from './preferences.repository.js';

const everything = { inApp: true, email: true, webhook: true };

/** The channels through which a recipient is notified, by type of notification. */
@Injectable()
export class PreferencesService {
  constructor(private readonly repository: PreferencesRepository) {}

  async read(recipientId: string): Promise<Preferences> {
    const rows = await this.repository.find(recipientId);
    const kept = new Map(rows.map(({ type, ...channels }) => [type, channels]));
    return preferences((type) => kept.get(type) ?? everything);
  }

  /** Replaces all: a type or channel that is not named is on again. What was decided before stays as it was. */
  async replace(recipientId: string, wanted: ChangedPreferences): Promise<Preferences> {
    const result = preferences((type) => ({ ...everything, ...wanted[type] }));
    const rows = notificationTypes.map((type) => ({ type, ...result[type] }));
    await this.repository.replace(recipientId, rows);
    return result;
  }
}

function preferences(of: (type: (typeof notificationTypes)[number]) => typeof everything): Preferences {
  return Object.fromEntries(notificationTypes.map((type) => [type, of(type)])) as Preferences;
}
