import { Module } from '@nestjs/common';
import { ServiceModule } from '#runtime';
import { FanOut } from './fan-out.js';
import { FanOutRepository } from './fan-out.repository.js';
import { FanOutWorker } from './fan-out.worker.js';
import { Mentions } from './mentions.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';
import { OnAccountRegistered } from './on-account-registered.handler.js';
import { OnCommentChanged } from './on-comment-changed.handler.js';
import { OnCommentCreated } from './on-comment-created.handler.js';
import { OnHandleTaken } from './on-handle-taken.handler.js';
import { OnPostChanged } from './on-post-changed.handler.js';
import { OnPostLiked } from './on-post-liked.handler.js';
import { OnPostMentioned } from './on-post-mentioned.handler.js';
import { OnPostPublished } from './on-post-published.handler.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { OnUserFollowed } from './on-user-followed.handler.js';
import { PreferencesService } from './preferences.service.js';

// Nothing older than what inboxes remember is delivered again, and so nothing older is joined again.
const oldMentions = { table: 'mentions', where: `mentioned_at < now() - interval '14 days'` };
const oldHandles = {
  table: 'handles',
  where: `exists (select from handles later where later.person_id = handles.person_id
    and later.version > handles.version and later.since < now() - interval '14 days')`,
};

/** Tells people what others did that concerns them. */
@Module({
  imports: [
    ServiceModule.forService('notifications', {
      knownAccounts: 'select id from recipients where id = any($1)',
      housekeeping: [oldMentions, oldHandles],
    }),
  ],
  controllers: [
    NotificationsController,
    OnAccountRegistered,
    OnUserChanged,
    OnUserFollowed,
    OnPostPublished,
    OnPostChanged,
    OnPostLiked,
    OnPostMentioned,
    OnCommentChanged,
    OnCommentCreated,
    OnHandleTaken,
  ],
  providers: [
    FanOutRepository,
    FanOutWorker,
    NotificationsService,
    NotificationsRepository,
    PreferencesService,
    FanOut,
    Mentions,
  ],
})
export class NotificationsModule {}
