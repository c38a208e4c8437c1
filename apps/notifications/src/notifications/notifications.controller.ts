import { Body, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import {
  Account,
  Endpoint,
  ApiController,
  type CurrentAccount,
  IfMatch,
  type Precondition,
  type Versioned,
} from '#runtime';
import { Notification, notificationsMeta, NotificationsQuery, ReadAll, ReadMark } from './notifications.dto.js';
import { notificationErrors } from '../notifications.errors.js';
import { NotificationsService } from './notifications.service.js';
import { ChangedPreferences, Preferences } from '../preferences/preferences.dto.js';
import { PreferencesService } from '../preferences/preferences.service.js';

@ApiController('notifications')
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly preferences: PreferencesService,
  ) {}

  @Get()
  @Endpoint({
    summary: 'The caller’s notifications, newest first',
    description:
      '`meta.unread` counts all unread ones. `subject` is shown as it is now; it is null for `welcome` and `user.followed`, once it is deleted, and while a post is unpublished.',
    status: 200,
    data: Notification.array(),
    meta: notificationsMeta,
  })
  async list(@Account() account: CurrentAccount, @Query({ schema: NotificationsQuery }) query: NotificationsQuery) {
    return this.notifications.list(account.id, query);
  }

  @Patch(':id')
  @Endpoint({
    summary: 'Marks a notification as read or as unread',
    description: 'Repeating it changes nothing: `readAt` stays the time when it was first read.',
    operationId: 'notifications.markRead',
    params: { id: 'Id of the notification.' },
    status: 200,
    data: Notification,
    problems: [notificationErrors.NOTIFICATION_NOT_FOUND],
  })
  async mark(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @Body({ schema: ReadMark }) { read }: ReadMark,
  ) {
    return { data: await this.notifications.mark(account.id, id, read) };
  }

  @Post('read-all')
  @Endpoint({
    summary: 'Marks all notifications as read, or those before a time',
    description:
      'Without a body all of them. With `before`, those that are strictly older: the `createdAt` of the newest one that was shown, and a millisecond, keeps what arrived meanwhile.',
    status: 204,
  })
  async markAllRead(@Account() account: CurrentAccount, @Body({ schema: ReadAll }) { before }: ReadAll): Promise<void> {
    await this.notifications.markAllRead(account.id, before);
  }

  @Get('preferences')
  @Endpoint({
    summary: 'The channels enabled for each type of notification',
    description: 'Everything is on until it is switched off.',
    status: 200,
    data: Preferences,
    versioned: true,
  })
  async readPreferences(@Account() account: CurrentAccount): Promise<Versioned> {
    return this.preferences.read(account.id);
  }

  @Put('preferences')
  @Endpoint({
    summary: 'Replaces the preferences; omitted types and channels are on',
    description: 'Takes effect for notifications that are stored from now on.',
    status: 200,
    data: Preferences,
    versioned: true,
  })
  async replacePreferences(
    @Account() account: CurrentAccount,
    @Body({ schema: ChangedPreferences }) body: ChangedPreferences,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return this.preferences.replace(account.id, body, precondition);
  }
}
