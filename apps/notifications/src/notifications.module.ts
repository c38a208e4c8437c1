import { Module } from '@nestjs/common';
import { prismaProvider } from '#database';
import { ServiceModule, statusOf } from '#runtime';
import { FanOut } from './fan-out/fan-out.js';
import { FanOutRepository } from './fan-out/fan-out.repository.js';
import { FanOutWorker } from './fan-out/fan-out.worker.js';
import { Mentions } from './mentions/mentions.js';
import { NotificationsController } from './notifications/notifications.controller.js';
import { NotificationsRepository } from './notifications/notifications.repository.js';
import { NotificationsService } from './notifications/notifications.service.js';
import { AddRecipientWhenAccountRegistered } from './notifications/add-recipient-when-account-registered.handler.js';
import { ProjectComments } from './projections/project-comments.handler.js';
import { NotifyAuthorsWhenCommentCreated } from './notifications/notify-authors-when-comment-created.handler.js';
import { ResolveMentionsWhenHandleTaken } from './mentions/resolve-mentions-when-handle-taken.handler.js';
import { ProjectPosts } from './projections/project-posts.handler.js';
import { NotifyAuthorWhenPostLiked } from './notifications/notify-author-when-post-liked.handler.js';
import { NotifyMentionedWhenPostPublished } from './mentions/notify-mentioned-when-post-published.handler.js';
import { NotifyFollowersWhenPostPublished } from './fan-out/notify-followers-when-post-published.handler.js';
import { ProjectPeople } from './projections/project-people.handler.js';
import { NotifyWhenUserFollowed } from './fan-out/notify-when-user-followed.handler.js';
import { PrismaClient } from './generated/prisma/client.js';
import { EXPIRED_MENTIONS, MentionsRepository } from './mentions/mentions.repository.js';
import { PreferencesRepository } from './preferences/preferences.repository.js';
import { KNOWN_ACCOUNTS, ProjectionsRepository } from './projections/projections.repository.js';
import { PreferencesService } from './preferences/preferences.service.js';

/** Notifies users of the actions of others that concern them. */
@Module({
  imports: [
    ServiceModule.forService('notifications', {
      knownAccounts: KNOWN_ACCOUNTS,
      housekeeping: EXPIRED_MENTIONS,
    }),
  ],
  controllers: [
    NotificationsController,
    statusOf('notifications'),
    AddRecipientWhenAccountRegistered,
    ProjectPeople,
    NotifyWhenUserFollowed,
    NotifyFollowersWhenPostPublished,
    ProjectPosts,
    NotifyAuthorWhenPostLiked,
    NotifyMentionedWhenPostPublished,
    ProjectComments,
    NotifyAuthorsWhenCommentCreated,
    ResolveMentionsWhenHandleTaken,
  ],
  providers: [
    FanOutRepository,
    FanOutWorker,
    NotificationsService,
    NotificationsRepository,
    PreferencesService,
    PreferencesRepository,
    ProjectionsRepository,
    prismaProvider(PrismaClient),
    FanOut,
    Mentions,
    MentionsRepository,
  ],
})
export class NotificationsModule {}
