import { randomUUID } from 'node:crypto';

/**
 * All fields of the representations of the API. Tests read them by these names, so that a misspelt one does not
 * compile.
 */
export interface Fields {
  readonly accountId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly bio: string | null;
  readonly imageUrl: string | null;
  readonly followers: number;
  readonly following: number;
  readonly followedByMe?: boolean;
  readonly slug: string;
  readonly title: string;
  readonly summary: string | null;
  readonly body: string;
  readonly bodyHtml: string;
  readonly status: string;
  readonly tags: readonly string[];
  readonly author: Fields;
  readonly version: number;
  readonly likes: number;
  readonly likedByMe?: boolean;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly publishedAt: string | null;
  readonly type: string;
  readonly actor: Fields | null;
  readonly subject: Fields | null;
  readonly text: string;
  readonly readAt: string | null;
  readonly device: string | null;
  readonly address: string;
  readonly current: boolean;
  readonly lastUsedAt: string;
  readonly name: string;
  readonly description: string | null;
  readonly category: Fields | null;
  readonly highlights?: { readonly title: string; readonly body: string };
  readonly comments: number;
  readonly postId: string;
  readonly parentId: string | null;
  readonly depth: number;
  readonly deleted: boolean;
  readonly excerpt: string;
  readonly post: Fields;
  readonly posts: number;
  readonly lastPostAt: string;
}

export interface Meta {
  readonly page: number;
  readonly limit: number;
  readonly total: number;
  readonly totalPages: number;
  readonly nextCursor: string | null;
  readonly unread: number;
}

/** The body of a success or of a problem; the fields of the other kind are undefined. */
export interface Body {
  readonly data: Fields & readonly Fields[];
  readonly meta: Meta;
  readonly code: string;
  readonly detail: string;
  readonly title: string;
  readonly type: string;
  readonly instance: string;
  readonly status: number;
  readonly traceId: string;
  readonly errors: readonly {
    readonly in: string;
    readonly path: string;
    readonly code: string;
    readonly message: string;
  }[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; empty if there is none. */
  readonly body: Body;
}

export interface RequestOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** A client of the public API of a running platform. */
export class Client {
  constructor(readonly url: string) {}

  get(path: string, options?: RequestOptions): Promise<Reply> {
    return this.send('GET', path, options);
  }

  post(path: string, body?: unknown, options: RequestOptions = {}): Promise<Reply> {
    return this.send('POST', path, { body, ...options });
  }

  put(path: string, options?: RequestOptions): Promise<Reply> {
    return this.send('PUT', path, options);
  }

  patch(path: string, body: unknown, options: RequestOptions = {}): Promise<Reply> {
    return this.send('PATCH', path, { body, ...options });
  }

  delete(path: string, options?: RequestOptions): Promise<Reply> {
    return this.send('DELETE', path, options);
  }

  async send(method: string, path: string, { token, body, raw, headers = {} }: RequestOptions = {}): Promise<Reply> {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text ? JSON.parse(text) : {}) as Body,
    };
  }

  /** Registers an account. The services themselves wait until they know it. */
  async person(displayName = 'Ada Lovelace', handle?: string): Promise<Person> {
    const email = `${randomUUID()}@example.com`;
    const password = 'correct horse battery';
    const reply = await this.post('/v1/auth/register', { email, password, displayName, ...(handle ? { handle } : {}) });
    if (reply.status !== 201) throw new Error(`Registration was answered with ${reply.status}: ${reply.text}`);
    const { accountId, accessToken, refreshToken } = reply.body.data;
    return { id: accountId, email, password, token: accessToken, refreshToken, consistency: tokenOf(reply) };
  }

  /** Registers an account, and waits until it has its profile: from then on others can see and follow it. */
  async personWithProfile(displayName?: string, handle?: string): Promise<Person> {
    const person = await this.person(displayName, handle);
    await this.get('/v1/users/me', { token: person.token });
    return person;
  }
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  /** The Consistency-Token of the registration. */
  readonly consistency: string;
}

export function tokenOf(reply: { readonly headers: Headers }): string {
  return reply.headers.get('consistency-token') ?? '';
}
