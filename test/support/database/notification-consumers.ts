import type { Database } from '#database';
import type { Event } from '#events';
import { Mentions } from '../../../apps/notifications/src/mentions/mentions.js';
import { MentionsRepository } from '../../../apps/notifications/src/mentions/mentions.repository.js';
import { NotifyMentionedWhenPostPublished } from '../../../apps/notifications/src/mentions/notify-mentioned-when-post-published.handler.js';
import { ResolveMentionsWhenHandleTaken } from '../../../apps/notifications/src/mentions/resolve-mentions-when-handle-taken.handler.js';
import { NotifyFollowersWhenPostPublished } from '../../../apps/notifications/src/fan-out/notify-followers-when-post-published.handler.js';
import { NotifyWhenUserFollowed } from '../../../apps/notifications/src/fan-out/notify-when-user-followed.handler.js';
import { NotificationsRepository } from '../../../apps/notifications/src/notifications/notifications.repository.js';
import { NotifyAuthorsWhenCommentCreated } from '../../../apps/notifications/src/notifications/notify-authors-when-comment-created.handler.js';
import { ProjectComments } from '../../../apps/notifications/src/projections/project-comments.handler.js';
import { ProjectionsRepository } from '../../../apps/notifications/src/projections/projections.repository.js';
import { fanOutOn } from './fan-out.js';

/** One handler per consumer: events are delivered to each consumer separately. */
function consumersOn(database: Database) {
  const notifications = new NotificationsRepository(database);
  const { fanOut, repository } = fanOutOn(database);
  const mentions = new Mentions(database, new MentionsRepository(database), notifications, repository);
  return {
    handles: new ResolveMentionsWhenHandleTaken(mentions),
    mentions: new NotifyMentionedWhenPostPublished(mentions),
    fanOut: new NotifyFollowersWhenPostPublished(fanOut),
    follows: new NotifyWhenUserFollowed(notifications, fanOut),
    authors: new NotifyAuthorsWhenCommentCreated(notifications, mentions),
    comments: new ProjectComments(new ProjectionsRepository(database, notifications)),
  };
}

export type ConsumerName = keyof ReturnType<typeof consumersOn>;

/** Removes what the consumers have stored, and the preferences. */
export async function clearNotifications(database: Database): Promise<void> {
  await database.query(
    'truncate notifications, mentions, post_mentions, handles, comments, publications, follow_intervals, preferences',
  );
}

/** Handles a batch of events as one consumer does, in one transaction. */
export async function deliverTo(
  database: Database,
  consumer: ConsumerName,
  batch: readonly Event<never>[],
): Promise<void> {
  await database.transaction(() => consumersOn(database)[consumer].handle(batch));
}
