/**
 * A foil: the services as they are often written, where a read of posts asks the users service over HTTP for the names of their
 * authors, with one request per author over kept-alive connections. Everything else is as in the product, the cache included: it
 * holds the posts, and users answers from its own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { PostsCache } from '../../../apps/posts/src/posts/posts.cache.js';
import { PostsService } from '../../../apps/posts/src/posts/posts.service.js';

/** Where the users process writes its address, for the posts process. */
const ADDRESS_FILE = process.env['HOP_ADDRESS_FILE'] ?? '';
const name = process.env['SERVICES'] ?? '';

interface Author {
  readonly id: string;
  readonly displayName: string;
}

const agent = new Agent({ keepAlive: true });

async function nameOf(id: string): Promise<string> {
  const path = `${addressOfUsers()}/v1/users/${id}`;
  const body = await new Promise<string>((done, failed) => {
    get(path, { agent }, (response) => text(response).then(done, failed)).on('error', failed);
  });
  return (JSON.parse(body) as { data: Author }).data.displayName;
}

let address: string | undefined;

function addressOfUsers(): string {
  if (!address && existsSync(ADDRESS_FILE)) address = readFileSync(ADDRESS_FILE, 'utf8');
  if (!address) throw new Error('The users service has not said where it is.');
  return address;
}

/** Adds the names of their authors to posts. */
async function withNames<T extends { readonly author: Author }>(items: readonly T[]): Promise<T[]> {
  const ids = [...new Set(items.map(({ author }) => author.id))];
  const names = new Map(await Promise.all(ids.map(async (id) => [id, await nameOf(id)] as const)));
  return items.map((item) => ({ ...item, author: { ...item.author, displayName: names.get(item.author.id) ?? '' } }));
}

if (name === 'posts') {
  // What is answered before Nest would not ask.
  PostsCache.prototype.peek = () => Promise.resolve(undefined);
  const { read, list, feed } = PostsService.prototype;
  PostsService.prototype.read = async function (...parameters) {
    const found = await read.apply(this, parameters);
    // Nobody changes a name here, so the response stays as it is.
    const { author } =
      (JSON.parse((found.rendered ?? { json: '{}' }).json) as { data?: { author?: Author } }).data ?? {};
    if (author) await nameOf(author.id);
    return found;
  };
  PostsService.prototype.list = async function (...parameters) {
    const found = await list.apply(this, parameters);
    return { ...found, data: await withNames(found.data) };
  };
  PostsService.prototype.feed = async function (...parameters) {
    const found = await feed.apply(this, parameters);
    return { ...found, data: await withNames(found.data) };
  };
}

await runService({
  name,
  services: [auth, users, posts, notifications],
  whenListening: (_app, { url }) => {
    if (name === 'users') writeFileSync(ADDRESS_FILE, url);
    return Promise.resolve();
  },
});
