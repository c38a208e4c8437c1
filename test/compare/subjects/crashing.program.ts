/**
 * A foil: notifications has a bug by which a comment that mentions a certain handle ends its process, as running out of memory would.
 * In the monolith that is the process of all services.
 */
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { NotifyAuthorsWhenCommentCreated } from '../../../apps/notifications/src/notifications/notify-authors-when-comment-created.handler.js';

const HANDLE = 'crash_loop';

const { handle } = NotifyAuthorsWhenCommentCreated.prototype;
NotifyAuthorsWhenCommentCreated.prototype.handle = function (events) {
  if (events.some(({ data }) => data.mentions.includes(HANDLE))) process.exit(1);
  return handle.call(this, events);
};

await runService({
  name: process.env['SERVICES'] ?? 'monolith',
  services: [auth, users, posts, notifications],
});
