import { AccountsService, auth } from '#auth';
import { notifications } from '#notifications';
import {
  CommentsService,
  LikesService,
  type MarkdownFile,
  markdownFilesIn,
  posts,
  PostsImporter,
  readMarkdown,
  readText,
  UnreadableFile,
} from '#posts';
import { UserError } from '#database';
import { endWith, Progress, runService, RUNTIME_SETTINGS, type RuntimeSettings, withServices } from '#runtime';
import { users, UsersService } from '#users';
import type { INestApplicationContext } from '@nestjs/common';
import { demo, fillWithDemo, password, type Platform } from './demo.js';
import { HomeController } from './home.controller.js';
import { monolithSettings } from './settings.js';
import { welcomeNewcomer } from './welcome.js';

const services = [auth, users, posts, notifications];

if (process.argv[2] === 'demo') await withServices(services, seed).catch(endWith);
else {
  await runService({
    name: 'monolith',
    services,
    settings: monolithSettings,
    controllers: [HomeController],
    whenListening: async (app, started) => {
      if (started.settings.APP_ENV !== 'development') return;
      // Everybody knows their password: by default there are none where others can reach them.
      const { DEMO = started.embedded && isLoopback(started.settings.HOST) ? 'on' : 'off' } = started.settings;
      // It needs all of them.
      const hasDemo = DEMO === 'on' && started.services.length === services.length;
      if (hasDemo) await fillWithDemo(platformOf(app, started.say), new Progress(true));
      welcomeNewcomer(started, hasDemo);
    },
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Fills a platform that runs elsewhere: what is written here waits in outboxes for whoever runs. */
async function seed(app: INestApplicationContext): Promise<void> {
  if (app.get<RuntimeSettings>(RUNTIME_SETTINGS).APP_ENV === 'production')
    throw new UserError('The demo is for development: everybody knows its passwords. APP_ENV is production.');
  const progress = new Progress(true);
  await fillWithDemo(
    platformOf(app, (line) => progress.say(line)),
    progress,
  );
  progress.say(`  Demo log-in   ${demo.email} / ${password}`);
}

/** The doors of the services, as far as the demo goes through them. */
function platformOf(app: INestApplicationContext, say: (line: string) => void): Platform<MarkdownFile> {
  const get = <T>(type: abstract new (...parameters: never[]) => T): T => app.get(type, { strict: false });
  const importer = get(PostsImporter);
  return {
    ensureAccount: ({ role, ...registration }) => get(AccountsService).ensure(registration, role),
    isComplete: () => get(AccountsService).exists(demo.email),
    knows: (id) => importer.knows(id),
    follow: (follower, followee) => get(UsersService).follow(follower, followee),
    like: (account, postId) => get(LikesService).like(account, postId),
    filesIn: markdownFilesIn,
    read: (folder, path) => {
      try {
        return readMarkdown(path, readText(folder, path));
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        say(`  docs/${path} is left out: ${error.message}`);
        return undefined;
      }
    },
    publish: async (authorId, source, file) => (await importer.import(authorId, source, file)).postId,
    comments: async (postId) => {
      const { data } = await get(CommentsService).list(postId, { sort: 'thread', limit: 2 }, undefined);
      return data.map((comment) => comment.id);
    },
    comment: (account, postId, body, parentId) =>
      get(CommentsService).create(account, postId, { body, ...(parentId ? { parentId } : {}) }),
  };
}
