import { AccountRegisteredV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { ProjectionsRepository } from '../projections/projections.repository.js';
import { NotificationsRepository } from './notifications.repository.js';

/** When an account is registered, adds it as a recipient, with a `welcome` notification. */
@EventHandler()
export class AddRecipientWhenAccountRegistered {
  constructor(
    private readonly projections: ProjectionsRepository,
    private readonly notifications: NotificationsRepository,
  ) {}

  @OnEvents('notifications.recipients', [AccountRegisteredV1], { awaited: true })
  async handle(events: readonly EventOf<typeof AccountRegisteredV1>[]): Promise<void> {
    await this.projections.addRecipients(events.map((event) => event.data.accountId));
    await this.notifications.add(
      events.map(({ id, time, data }) => ({
        type: 'welcome',
        eventId: id,
        recipientId: data.accountId,
        createdAt: time,
      })),
    );
  }
}
