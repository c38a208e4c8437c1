/** A route whose buffers are counted. Several paths are several samples of it. */
export interface MeasuredRoute {
  readonly name: string;
  readonly paths: readonly string[];
  readonly reader?: 'many' | 'few';
}

const SAMPLES = 3;

const hex = (number: number) => Math.trunc(number).toString(16).padStart(12, '0');
const post = (number: number) => `20000000-0000-7000-8000-${hex(number)}`;
/** As `seed` numbers people. */
export const person = (number: number) => `10000000-0000-7000-8000-${hex(number)}`;

/** Numbers of published posts, from the oldest to the latest. */
function samples(posts: number): number[] {
  return Array.from({ length: SAMPLES }, (_, each) => Math.trunc(((each + 0.5) * posts) / SAMPLES)).map((n) =>
    n % 20 === 7 ? n + 1 : n,
  );
}

/** The routes that read what grows. `posts` is the number of posts. */
export function routes(posts: number): MeasuredRoute[] {
  const some = samples(posts);
  const list = (name: string, path: string, reader?: 'many' | 'few'): MeasuredRoute => ({
    name,
    paths: [path],
    ...(reader ? { reader } : {}),
  });
  return [
    { name: 'a post by id', paths: some.map((n) => `/v1/posts/${post(n)}`) },
    { name: 'a post by slug', paths: some.map((n) => `/v1/posts/post-${n}`) },
    { name: 'a post, with a token', paths: some.map((n) => `/v1/posts/${post(n)}`), reader: 'many' },
    { name: 'a profile by handle', paths: some.map((n) => `/v1/users/person_${1 + Math.trunc(n / 10)}`) },
    list('posts, first page', '/v1/posts'),
    list('posts, first page of 50', '/v1/posts?limit=50'),
    list('posts, page 400', '/v1/posts?page=400'),
    list('posts, by likes', '/v1/posts?sort=-likes'),
    list('posts, by title, page 20', '/v1/posts?sort=title&page=20'),
    list('posts, keyset', '/v1/posts?cursor='),
    list('posts of an author', `/v1/posts?author=person_5`),
    list('posts of a category', '/v1/posts?category=category-3'),
    list('posts of a tag, 1 of 1,000', '/v1/posts?tag=tag5'),
    list('posts of a tag, 1 of 20', '/v1/posts?tag=some'),
    list('posts of a tag, 1 of 2', '/v1/posts?tag=half'),
    list('search, 1 of 5,000', '/v1/posts?q=rareword'),
    list('search, 1 of 20', '/v1/posts?q=someword'),
    list('search, 1 of 2', '/v1/posts?q=halfword'),
    list('search, two words', '/v1/posts?q=someword+halfword'),
    list('feed, follows 10', '/v1/feed', 'few'),
    list('feed, follows 1,000', '/v1/feed', 'many'),
    list('comments of a post with many', `/v1/posts/${post(1)}/comments`),
    list('comments, latest first, keyset', `/v1/posts/${post(1)}/comments?sort=-createdAt&cursor=`),
    list('tags', '/v1/tags'),
    list('authors with most posts', '/v1/authors/top'),
    list('users', '/v1/users'),
    list('users, found by name', '/v1/users?q=person_77'),
    list('followers of somebody known', `/v1/users/${person(3)}/followers`),
    list('notifications', '/v1/notifications', 'many'),
    list('notifications, unread', '/v1/notifications?unread=true', 'many'),
  ];
}
