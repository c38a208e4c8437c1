import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '#database';
import { type CurrentAccount, Progress, type Role } from '#runtime';

/** What the demo needs of the services. A file is handed on as it was read. */
export interface Platform<File extends { readonly author: string | null }> {
  /** Whether all this has been done before. */
  isComplete(): Promise<boolean>;
  /** The id of the account, which is opened if there is none; and whether it was. */
  ensureAccount(person: DemoAccount): Promise<{ readonly id: string; readonly opened: boolean }>;
  knows(accountId: string): Promise<boolean>;
  follow(follower: string, followee: string): Promise<void>;
  like(account: CurrentAccount, postId: string): Promise<void>;
  filesIn(folder: string): readonly string[];
  /** Undefined, and told to whoever started the process, if it cannot be read. */
  read(folder: string, path: string): File | undefined;
  /** The id of the post, which is made if it is not there. */
  publish(authorId: string, source: string, file: File): Promise<string>;
  /** The ids of the comments on a post, in their order. */
  comments(postId: string): Promise<readonly string[]>;
  comment(account: CurrentAccount, postId: string, body: string, parentId?: string): Promise<{ readonly id: string }>;
}

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
/** Opened last: whoever finds this account knows that the demo is complete. */
export const demo = person('demo', 'Demo Author', 'author');

const remarks = [
  [
    'What happens if the process dies right there?',
    'Then it happens again, and the inbox notices. See @grace’s guide.',
  ],
  ['Is that measured, or believed?', 'Measured: `npm run bench` prints it as a ratio.'],
  ['I would have used a queue table and been done.', 'That *is* a queue table. The rest is about order.'],
  ['Where do I start reading?', 'At the door: `apps/posts/src/index.ts`.'],
] as const;

/**
 * Fills a new platform with its own guide: the Markdown files of docs/ as posts, by authors who follow each other, like and
 * comment. Through the services, so that everything happens that would happen for people. What a
 * start that was broken off has not published, the next one publishes.
 */
export async function fillWithDemo<File extends { readonly author: string | null }>(
  platform: Platform<File>,
  progress: Progress,
): Promise<void> {
  if (await platform.isComplete()) return;
  const folder = join(packageRoot(), 'docs');
  const files = platform.filesIn(folder);
  const moved = progress.bar('guide', people.length + files.length);
  const ids = new Map<string, string>();
  for (const each of people) {
    ids.set(each.handle, (await platform.ensureAccount(each)).id);
    moved();
  }
  for (const id of ids.values()) while (!(await platform.knows(id))) await delay(20);
  for (const follower of ids.values())
    for (const followee of ids.values()) if (follower !== followee) await platform.follow(follower, followee);
  // What is published last stands first: the decisions below the guides, and these in the order in which to read them.
  for (const [index, path] of files.toSorted((a, b) => rank(b) - rank(a)).entries()) {
    const file = platform.read(folder, path);
    if (file) await publish(platform, ids, path, file, index);
    moved();
  }
  await platform.ensureAccount(demo);
}

async function publish<File extends { readonly author: string | null }>(
  platform: Platform<File>,
  ids: ReadonlyMap<string, string>,
  path: string,
  file: File,
  index: number,
): Promise<void> {
  const author = ids.get(file.author ?? '') ?? ids.get('margaret') ?? '';
  const postId = await platform.publish(author, path, file);
  const others = [...ids.values()].filter((id) => id !== author);
  await discuss(platform, postId, author, others, index);
}

const reading = [
  'what-twofold-is',
  'break-it',
  'how-an-event-travels',
  'how-to-read-the-code',
  'the-two-topologies',
  'four-services',
  'extract-a-service',
  'outbox-and-inbox',
  'reading-your-own-writes',
  'why-no-synchronous-calls',
];

function rank(path: string): number {
  const index = reading.findIndex((name) => path === `guides/${name}.md`);
  return index === -1 ? reading.length : index;
}

/** Says what has not been said yet. */
async function discuss(
  platform: Pick<Platform<never>, 'like' | 'comment' | 'comments'>,
  postId: string,
  author: string,
  others: readonly string[],
  index: number,
): Promise<void> {
  const as = (id = author): CurrentAccount => ({ id, role: 'author', sessionId: '' });
  for (const id of others.slice(0, index % (others.length + 1))) await platform.like(as(id), postId);
  const [remark, answer] = remarks[index % remarks.length] ?? remarks[0];
  const [first, second] = await platform.comments(postId);
  const id = first ?? (await platform.comment(as(others[index % others.length]), postId, remark)).id;
  if (!second) await platform.comment(as(), postId, answer, id);
}
