/**
 * A foil: notifications has a bug by which a comment that mentions a certain handle ends its process, as running out of memory would.
 * In the monolith that is the process of all services.
 */
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { Mentions } from '../../../apps/notifications/src/mentions/mentions.js';

const HANDLE = 'crash_loop';

// Of a handler, Nest would not find the replaced method.
const { mentioned } = Mentions.prototype;
Mentions.prototype.mentioned = function (mentions) {
  if (mentions.some(({ handles }) => handles.includes(HANDLE))) process.exit(1);
  return mentioned.call(this, mentions);
};

await runService({
  name: process.env['SERVICES'] ?? 'monolith',
  services: [auth, users, posts, notifications],
});
