import { requestBytes } from '../../bench/load.js';
import { forAll, type Service } from '../../support/infrastructure/parts.js';
import type { Planned } from '../../support/load/open-loop.js';
import { serviceOf } from '../../support/platform/gateway.js';

/** Who sends, and where to. */
export interface Field {
  /** Base URLs by service. */
  readonly urls: Readonly<Record<Service, string>>;
  readonly accounts: readonly { readonly token: string; readonly email: string; readonly password: string }[];
  /** The number of posts in the template. */
  readonly posts: number;
}

interface Operation {
  readonly name: string;
  /** Out of a hundred requests of the mixed load. */
  readonly share: number;
  readonly isRead: boolean;
  readonly request: (pick: Picker, field: Field) => Buffer;
}

/**
 * Out of a hundred requests. Nobody has measured the one true mixture; this is that of a publishing platform whose readers
 * are many more than its writers, and of whom a third are logged in.
 */
export const operations: readonly Operation[] = [
  read('read a post', 28, (pick, field) => `/v1/posts/${slug(pick, field)}`),
  read('read a post, logged in', 13, (pick, field) => `/v1/posts/${slug(pick, field)}`, { loggedIn: true }),
  read('first page', 10, () => '/v1/posts'),
  read('posts of a tag', 4, (pick) => `/v1/posts?tag=tag${pick.below(1_000)}`),
  read('posts of an author', 5, (pick) => `/v1/users/person_${1 + pick.below(1_000)}/posts`),
  read('search', 3, (pick) => `/v1/posts?q=word${1 + pick.below(20_000)}`),
  read('feed', 8, () => '/v1/feed', { loggedIn: true }),
  read('profile', 8, (pick) => `/v1/users/person_${1 + pick.below(1_000)}`),
  read('comments of a post', 7, (pick, field) => `/v1/posts/${slug(pick, field)}/comments`),
  read('notifications', 5, () => '/v1/notifications', { loggedIn: true }),
  write('like', 4, 'PUT', (pick, field) => ({ path: `/v1/posts/${id(pick, field)}/like` })),
  write('comment', 2.5, 'POST', (pick, field) => ({
    path: `/v1/posts/${slug(pick, field)}/comments`,
    body: { body: `A *remark*, ${pick.below(1e9)}.` },
  })),
  write('publish a post', 1.5, 'POST', (pick) => ({ path: '/v1/posts', body: newPost(pick) })),
  {
    name: 'log in',
    share: 1,
    isRead: false,
    request: (pick, { accounts }) => {
      const { email, password } = pick.of(accounts);
      return requestBytes('POST', '/v1/auth/login', undefined, { email, password });
    },
  },
];

/** The text of what a new post costs to render is that of an ordinary one: some paragraphs and a list. */
function newPost(pick: Picker): object {
  const paragraph = `It was *not* the ${pick.below(1e9)}th time that [somebody](https://example.com/) said **so**, and nobody minded. `;
  return {
    title: `On ${pick.below(1e9)} things`,
    body: `${paragraph.repeat(4)}\n\n- one\n- two\n- three\n\n${paragraph.repeat(6)}`,
    tags: ['compared', `tag${pick.below(1_000)}`],
    status: 'published',
  };
}

/**
 * Requests with numbers, the same for the same seed. `which` chooses among the operations, which keep their proportions.
 */
export function requests(
  field: Field,
  seed: number,
  which: (operation: Operation) => boolean = () => true,
): (number: number) => Planned {
  const pick = new Picker(seed);
  const chosen = operations.filter(which);
  const whole = chosen.reduce((sum, { share }) => sum + share, 0);
  return () => {
    let left = pick.share() * whole;
    const operation = chosen.find(({ share }) => (left -= share) < 0) ?? chosen[0];
    if (!operation) throw new Error('No operation is chosen.');
    const bytes = operation.request(pick, field);
    return { url: field.urls[serviceOf(pathOf(bytes))], bytes, operation: operation.name };
  };
}

/** The service that answers an operation. */
export function ownerOf({ request }: Operation): Service {
  const field: Field = {
    urls: forAll(''),
    accounts: [{ token: '', email: '', password: '' }],
    posts: 1,
  };
  return serviceOf(pathOf(request(new Picker(1), field)));
}

function pathOf(bytes: Buffer): string {
  const start = bytes.indexOf(' ') + 1;
  return bytes.toString('latin1', start, bytes.indexOf(' ', start));
}

function read(
  name: string,
  share: number,
  path: (pick: Picker, field: Field) => string,
  { loggedIn = false } = {},
): Operation {
  const request = (pick: Picker, field: Field) =>
    requestBytes('GET', path(pick, field), loggedIn ? pick.of(field.accounts).token : undefined);
  return { name, share, isRead: true, request };
}

function write(
  name: string,
  share: number,
  method: string,
  of: (pick: Picker, field: Field) => { path: string; body?: object },
): Operation {
  const request = (pick: Picker, field: Field) => {
    const { path, body } = of(pick, field);
    return requestBytes(method, path, pick.of(field.accounts).token, body);
  };
  return { name, share, isRead: false, request };
}

/** Of a hundred posts some are read much more often than the others. One in twenty of the template is a draft. */
function popular(pick: Picker, { posts }: Field): number {
  const number = posts - Math.floor(posts * pick.share() ** 3);
  return number % 20 === 7 ? number - 1 : number;
}

const slug = (pick: Picker, field: Field) => `post-${popular(pick, field)}`;
const id = (pick: Picker, field: Field) =>
  `20000000-0000-7000-8000-${popular(pick, field).toString(16).padStart(12, '0')}`;

/** The linear congruential generator of "Numerical Recipes" (1992), 7.1: quick, and good enough to spread requests. */
class Picker {
  constructor(private state: number) {}

  /** From 0 to below 1. */
  share(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }
}
