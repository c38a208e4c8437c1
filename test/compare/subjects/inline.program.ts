/** A foil: the monolith renders texts in the event loop that answers requests, not in a worker thread. */
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { renderMarkdown } from '../../../apps/posts/src/markdown/markdown.js';
import { MarkdownRenderer } from '../../../apps/posts/src/markdown/markdown.renderer.js';

MarkdownRenderer.prototype.render = function (body) {
  const { html, mentions } = renderMarkdown(body);
  return Promise.resolve({ body, bodyHtml: html, mentions });
};

await runService({ name: 'monolith', services: [auth, users, posts, notifications] });
