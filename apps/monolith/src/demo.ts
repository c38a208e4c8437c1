import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService } from '#auth';
import { packageRoot } from '#database';
import { CommentsService, LikesService, PostsImporter, readFolder, UnreadableFile } from '#posts';
import { type CurrentAccount, type Progress, type Role } from '#runtime';
import { UsersService } from '#users';

export interface DemoAccount {
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
  readonly handle: string;
  readonly role: Role;
}

export const password = 'twofold-demo';
const person = (handle: string, displayName: string, role: Role): DemoAccount => ({
  email: `${handle}@example.com`,
  password,
  displayName,
  handle,
  role,
});

export const admin = person('margaret', 'Margaret', 'admin');

const people = [
  person('ada', 'Ada', 'author'),
  person('grace', 'Grace', 'editor'),
  person('linus_r', 'Linus', 'author'),
  admin,
];
/** Opened last: if this account exists, the demo is complete. */
export const demo = person('demo', 'Demo Author', 'author');

const remarks = [
  [
    'What happens if the process dies right there?',
    'The event is delivered again, and the inbox deduplicates it. See @grace’s guide.',
  ],
  ['Is that measured, or assumed?', 'Measured: `npm run bench` prints it as a ratio.'],
  ['I would have used a queue table and been done.', 'That *is* a queue table. The rest is about order.'],
  ['Where do I start reading?', 'At the public entry point: `apps/posts/src/index.ts`.'],
] as const;

/**
 * Fills a new platform with its own guide: the Markdown files of docs/ as posts, by authors who follow each other, like and
 * comment. It calls the services, so that the same events and notifications result as for real users. If a start is
 * interrupted, the next one publishes the rest.
 */
export async function fillWithDemo(app: INestApplicationContext, progress: Progress): Promise<void> {
  const demonstration = new Demo(app, progress);
  if (!(await demonstration.isComplete())) await demonstration.fill();
}

class Demo {
  private readonly accounts: AccountsService;
  private readonly users: UsersService;
  private readonly importer: PostsImporter;
  private readonly likes: LikesService;
  private readonly comments: CommentsService;

  constructor(
    app: INestApplicationContext,
    private readonly progress: Progress,
  ) {
    this.accounts = app.get(AccountsService, { strict: false });
    this.users = app.get(UsersService, { strict: false });
    this.importer = app.get(PostsImporter, { strict: false });
    this.likes = app.get(LikesService, { strict: false });
    this.comments = app.get(CommentsService, { strict: false });
  }

  async isComplete(): Promise<boolean> {
    return this.accounts.exists(demo.email);
  }

  async fill(): Promise<void> {
    const { files, unreadable } = readFolder(join(packageRoot(), 'docs'));
    for (const { path, text } of unreadable) this.progress.print(`  Skipped docs/${path}: ${text}`);
    const advance = this.progress.bar('guide', people.length + files.length);
    const ids = new Map<string, string>();
    for (const each of people) {
      ids.set(each.handle, await this.ensureAccount(each));
      advance();
    }
    for (const id of ids.values()) while (!(await this.importer.knows(id))) await delay(20);
    for (const follower of ids.values())
      for (const followee of ids.values()) if (follower !== followee) await this.users.follow(follower, followee);
    // Lists show the newest post first: publish other files first, then the guides in reverse reading order.
    const owned = files
      .toSorted((a, b) => rank(b.path) - rank(a.path))
      .map((each) => ({ ...each, authorId: ids.get(each.file.author ?? '') ?? ids.get('margaret') ?? '' }));
    let index = 0;
    await this.importer.importAll('guide', owned, async ({ authorId, path }, result) => {
      if (result instanceof UnreadableFile) this.progress.print(`  Skipped docs/${path}: ${result.message}`);
      else
        await this.discuss(
          result.postId,
          authorId,
          [...ids.values()].filter((id) => id !== authorId),
          index++,
        );
      advance();
    });
    await this.ensureAccount(demo);
  }

  private async ensureAccount({ role, ...registration }: DemoAccount): Promise<string> {
    return (await this.accounts.ensure(registration, role)).id;
  }

  /** Adds the likes and comments that are missing. */
  private async discuss(postId: string, author: string, others: readonly string[], index: number): Promise<void> {
    const as = (id = author): CurrentAccount => ({ id, role: 'author', sessionId: '' });
    for (const id of others.slice(0, index % (others.length + 1))) await this.likes.like(as(id), postId);
    const [remark, reply] = remarks[index % remarks.length] ?? remarks[0];
    const { data } = await this.comments.list(postId, { sort: 'thread', limit: 2 }, undefined);
    const [first, second] = data.map((comment) => comment.id);
    const id = first ?? (await this.comments.create(as(others[index % others.length]), postId, { body: remark })).id;
    if (!second) await this.comments.create(as(), postId, { body: reply, parentId: id });
  }
}

const reading = [
  'what-twofold-is',
  'break-it',
  'how-an-event-travels',
  'how-to-read-the-code',
  'the-two-topologies',
  'four-services',
  'extract-a-service',
  'add-a-field',
  'add-an-event',
  'add-a-service',
  'make-it-yours',
  'outbox-and-inbox',
  'reading-your-own-writes',
  'why-no-synchronous-calls',
  'where-we-leave-nest',
];

function rank(path: string): number {
  const index = reading.findIndex((name) => path === `guides/${name}.md`);
  return index === -1 ? reading.length : index;
}
