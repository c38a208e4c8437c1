import { Module } from '@nestjs/common';
import { ServiceModule } from '#runtime';
import { FanOut } from './fan-out.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';
import { OnAccountRegistered } from './on-account-registered.handler.js';
import { OnPostChanged } from './on-post-changed.handler.js';
import { OnPostLiked } from './on-post-liked.handler.js';
import { OnPostPublished } from './on-post-published.handler.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { OnUserFollowed } from './on-user-followed.handler.js';

/** Tells people what others did that concerns them. */
@Module({
  imports: [
    ServiceModule.forService('notifications', { knownAccounts: 'select id from recipients where id = any($1)' }),
  ],
  controllers: [
    NotificationsController,
    OnAccountRegistered,
    OnUserChanged,
    OnUserFollowed,
    OnPostPublished,
    OnPostChanged,
    OnPostLiked,
  ],
  providers: [NotificationsService, NotificationsRepository, FanOut],
})
export class NotificationsModule {}
