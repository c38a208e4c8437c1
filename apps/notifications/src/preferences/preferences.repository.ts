import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import { PrismaClient } from '../generated/prisma/client.js';
import { lockEach } from '../notifications/locks.repository.js';
import { db } from '../tables.js';

/** Whether a recipient wants notifications of a type, by channel. */
export interface PreferenceRow {
  readonly type: string;
  readonly inApp: boolean;
  readonly email: boolean;
  readonly webhook: boolean;
  /** The same in all rows of a recipient. */
  readonly version: number;
}

const findInTransaction = once('preferences: find in transaction', ({ recipientId }: { recipientId: string }) =>
  db
    .selectFrom('preferences')
    .select(['type', 'inApp', 'email', 'webhook', 'version'])
    .where('recipientId', '=', recipientId),
);
const replace = once(
  'preferences: replace',
  ({ recipientId, rows }: { recipientId: string; rows: string }) => sql<never>`
    insert into preferences (recipient_id, type, in_app, email, webhook, version)
    select ${recipientId}, type, "inApp", email, webhook, version from json_to_recordset(${rows}) as p
      (type text, "inApp" boolean, email boolean, webhook boolean, version integer)
    on conflict (recipient_id, type) do update
      set in_app = excluded.in_app, email = excluded.email, webhook = excluded.webhook, version = excluded.version`,
);

@Injectable()
export class PreferencesRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaClient,
  ) {}

  async find(recipientId: string): Promise<PreferenceRow[]> {
    const select = { type: true, inApp: true, email: true, webhook: true, version: true };
    return this.prisma.preference.findMany({ where: { recipientId }, select });
  }

  /** In a transaction: nobody else replaces them until it ends. */
  async lock(recipientId: string): Promise<PreferenceRow[]> {
    await lockEach(this.database, 'preferences', [recipientId]);
    return this.database.run(findInTransaction({ recipientId }));
  }

  /** Replaces the preferences of these types. */
  async replace(recipientId: string, rows: readonly PreferenceRow[]): Promise<void> {
    await this.database.run(replace({ recipientId, rows: JSON.stringify(rows) }));
  }
}
