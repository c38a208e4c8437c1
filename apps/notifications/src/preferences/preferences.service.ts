import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Precondition, Versioned } from '#runtime';
import { notificationTypes } from '../notifications/notification-types.js';
import type { ChangedPreferences, Preferences } from './preferences.dto.js';
import { type PreferenceRow, PreferencesRepository } from './preferences.repository.js';

const everything = { inApp: true, email: true, webhook: true };

/** The channels through which a recipient is notified, by type of notification. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly database: Database,
    private readonly repository: PreferencesRepository,
  ) {}

  async read(recipientId: string): Promise<Versioned> {
    const rows = await this.repository.find(recipientId);
    return present(preferencesIn(rows), versionOf(rows));
  }

  /** Replaces all: a type or channel that is not named is on again. What was decided before stays as it was. */
  async replace(recipientId: string, wanted: ChangedPreferences, precondition: Precondition): Promise<Versioned> {
    return this.database.transaction(async () => {
      const before = await this.repository.lock(recipientId);
      precondition.assert(versionOf(before));
      const result = preferences((type) => ({ ...everything, ...wanted[type] }));
      if (isDeepStrictEqual(result, preferencesIn(before))) return present(result, versionOf(before));
      const version = versionOf(before) + 1;
      await this.repository.replace(
        recipientId,
        notificationTypes.map((type) => ({ type, ...result[type], version })),
      );
      return present(result, version);
    });
  }
}

function present(data: Preferences, version: number): Versioned {
  return new Versioned({ data }, version);
}

function versionOf(rows: readonly PreferenceRow[]): number {
  return Math.max(1, ...rows.map(({ version }) => version));
}

function preferencesIn(rows: readonly PreferenceRow[]): Preferences {
  const kept = new Map(rows.map(({ type, inApp, email, webhook }) => [type, { inApp, email, webhook }]));
  return preferences((type) => kept.get(type) ?? everything);
}

function preferences(of: (type: (typeof notificationTypes)[number]) => typeof everything): Preferences {
  return Object.fromEntries(notificationTypes.map((type) => [type, of(type)])) as Preferences;
}
