import { Client, type Reply, type RequestOptions, tokenOf } from '../support/platform/client.js';
import type { History, Outcome, Write } from './checking/history.js';
import type { Plan, Step } from './plan.js';

/** State and callbacks that all clients share. */
export interface ClientContext {
  readonly api: Pick<Client, 'send'>;
  readonly history: History;
  /** Resolves when the process that serves this path is running. */
  readonly whenRunning: (path: string) => Promise<void>;
  /** Called after each response; kills are scheduled by the number of responses. */
  readonly onResponse: () => void;
  /** Account id by client index; undefined until the client has registered. */
  readonly accounts: (string | undefined)[];
  hot?: { readonly author: string; readonly token: string; readonly post: string };
}

interface KnownPost {
  readonly id: string;
}

/** Creates the post that all clients edit, then runs the steps of all clients concurrently. */
export async function runClients({ seed, clients }: Plan, context: ClientContext): Promise<void> {
  await new Writer(context, `hot-${seed}`, clients.length).makeHotPost();
  await Promise.all(clients.map((steps, index) => new Writer(context, `c${seed}-${index}`, index).run(steps)));
}

const PASSWORD = 'correct horse battery';

/** One client: registers, then executes its steps one after the other, whatever their outcome. */
class Writer {
  private account = '';
  private token = '';
  private readonly posts: KnownPost[] = [];

  constructor(
    private readonly context: ClientContext,
    private readonly name: string,
    private readonly index: number,
  ) {}

  async run(steps: readonly Step[]): Promise<void> {
    await this.register();
    for (const step of steps) await this.do(step);
  }

  /** If a registration fails or gets no response, another account is registered instead; at most 21 attempts. */
  async register(): Promise<void> {
    for (let attempt = 0; this.token === ''; attempt++) {
      if (attempt > 20) throw new Error('All 21 registrations of a client have failed.');
      const email = `${this.name}-${attempt}@example.com`;
      const body = { email, password: PASSWORD, displayName: `Client ${this.name}` };
      const write = { kind: 'register', mark: email, by: email } as const;
      const reply = await this.write(write, 'POST', '/v1/auth/register', { body });
      if (reply?.status !== 201) continue;
      this.account = reply.body.data.accountId;
      this.token = reply.body.data.accessToken;
      this.context.accounts[this.index] = this.account;
    }
  }

  /** Creates the post that all clients edit, each with the token of its author. */
  async makeHotPost(): Promise<void> {
    await this.register();
    for (let attempt = 0; !this.context.hot; attempt++) {
      await this.create({ kind: 'create', draw: 0, published: true, mark: `hot-${this.name}-${attempt}` });
      const [post] = this.posts;
      if (post) this.context.hot = { author: this.account, token: this.token, post: post.id };
    }
  }

  private async do(step: Step): Promise<void> {
    const post = this.posts[Math.floor(step.draw * this.posts.length)];
    if (step.kind === 'edit-hot') return this.editHot(step);
    if (step.kind === 'comment' || step.kind === 'like') return this.react(step, step.kind);
    if (step.kind === 'follow' || step.kind === 'unfollow') return this.follow(step, step.kind);
    if (step.kind === 'invalid') return this.invalid(step);
    if (step.kind === 'create' || !post) return this.create(step);
    if (step.kind === 'delete') return this.delete(step, post);
    const kind = step.kind;
    const write = { kind, mark: step.mark, by: this.account, target: post.id };
    const [method, path] = kind === 'edit' ? ['PATCH', ''] : ['POST', '/publish'];
    const options = { token: this.token, ...(kind === 'edit' ? { body: { title: step.mark } } : {}) };
    await this.write(write, method, `/v1/posts/${post.id}${path}`, options);
  }

  private async create({ published, mark }: Step): Promise<void> {
    const status = published ? 'published' : 'draft';
    const body = { title: `Post ${mark}`, summary: mark, body: 'Text', status };
    const write = { kind: 'create', mark, by: this.account } as const;
    const reply = await this.write(write, 'POST', '/v1/posts', { token: this.token, body });
    if (reply?.status === 201) this.posts.push({ id: reply.body.data.id });
  }

  private async delete({ mark }: Step, post: KnownPost): Promise<void> {
    this.posts.splice(this.posts.indexOf(post), 1);
    const write = { kind: 'delete', mark, by: this.account, target: post.id } as const;
    await this.write(write, 'DELETE', `/v1/posts/${post.id}`, { token: this.token });
  }

  private async editHot({ mark }: Step): Promise<void> {
    const { hot } = this.context;
    if (!hot) throw new Error('There is no hot post.');
    const write = { kind: 'edit', mark, by: hot.author, target: hot.post } as const;
    await this.write(write, 'PATCH', `/v1/posts/${hot.post}`, { token: hot.token, body: { title: mark } });
  }

  /** Comments on or likes the hot post, whose row all clients update concurrently. */
  private async react({ mark }: Step, kind: 'comment' | 'like'): Promise<void> {
    const { hot } = this.context;
    if (!hot) throw new Error('There is no hot post.');
    const write = { kind, mark, by: this.account, target: hot.post } as const;
    const body = { body: mark };
    const path = `/v1/posts/${hot.post}`;
    if (kind === 'like') await this.write(write, 'PUT', `${path}/like`, { token: this.token });
    else await this.write(write, 'POST', `${path}/comments`, { token: this.token, body });
  }

  private async follow({ draw, mark }: Step, kind: 'follow' | 'unfollow'): Promise<void> {
    const drawn = this.context.accounts[Math.floor(draw * this.context.accounts.length)];
    const target = drawn === undefined || drawn === this.account ? this.context.hot?.author : drawn;
    if (target === undefined || target === this.account) return;
    const method = kind === 'follow' ? 'PUT' : 'DELETE';
    await this.write({ kind, mark, by: this.account, target }, method, `/v1/users/${target}/follow`, {
      token: this.token,
    });
  }

  private async invalid({ mark }: Step): Promise<void> {
    const body = { title: '', summary: mark, body: 'Text' };
    const write = { kind: 'invalid', mark, by: this.account } as const;
    await this.write(write, 'POST', '/v1/posts', { token: this.token, body });
  }

  /**
   * Reads a write back with its Consistency-Token. The response must not be older than the write, whichever process and
   * cache it comes from.
   */
  private async readBack(write: Omit<Write, 'outcome'>, written: Reply, token = written.body.data?.accessToken) {
    const { api, history } = this.context;
    const path = written.status < 300 ? readPathOf(write, written) : undefined;
    const consistency = tokenOf(written);
    if (!path || consistency === '') return;
    const headers = { 'consistency-token': consistency };
    const read = await api.send('GET', path, { ...(token ? { token } : {}), headers }).catch(() => undefined);
    if (!read || read.status >= 500) return;
    history.readBack++;
    const violation = staleness(write, written, read);
    if (violation) history.stale.push(`${write.kind} ${write.mark}: ${path} ${violation}`);
  }

  /** Sends a request and records its outcome. Retries only if the connection was refused: then nothing was written. */
  private async write(
    write: Omit<Write, 'outcome'>,
    method: string,
    path: string,
    options: RequestOptions,
  ): Promise<Reply | undefined> {
    const { api, history, whenRunning, onResponse } = this.context;
    for (;;) {
      await whenRunning(path);
      const sent = performance.now();
      try {
        const reply = await api.send(method, path, options);
        const { id, status } = reply.body.data ?? {};
        const seen = {
          ...(write.kind === 'create' && id ? { target: id } : {}),
          ...(status ? { published: status === 'published' } : {}),
        };
        history.writes.push({ ...write, ...seen, sent, outcome: outcomeOf(reply.status), status: reply.status });
        onResponse();
        await this.readBack(write, reply, options.token);
        return reply;
      } catch (error) {
        if (isRefused(error)) continue;
        history.writes.push({ ...write, sent, outcome: 'unknown' });
        return undefined;
      }
    }
  }
}

/** Describes how a read with the token of a write is stale; undefined if it is not. */
function staleness({ kind, mark }: Omit<Write, 'outcome'>, written: Reply, read: Reply): string | undefined {
  const { data } = read.body;
  const wanted = written.body.data;
  if (kind === 'delete') return read.status === 404 ? undefined : 'is still there';
  if (read.status !== 200) return `was answered with ${read.status}`;
  if (kind === 'follow' || kind === 'unfollow') {
    return data.followedByMe === (kind === 'follow') ? undefined : `has followedByMe ${data.followedByMe}`;
  }
  if (kind === 'like') return data.likedByMe ? undefined : 'is not liked';
  if (kind === 'register' || kind === 'comment') return undefined;
  if (data.version < wanted.version) return `has version ${data.version}, not ${wanted.version}`;
  const isSame = data.version === wanted.version;
  return isSame && kind === 'edit' && data.title !== mark ? `has the title ${data.title}` : undefined;
}

/** The path at which a write is read back. */
function readPathOf({ kind, target }: Omit<Write, 'outcome'>, written: Reply): string | undefined {
  if (kind === 'register') return '/v1/feed';
  if (kind === 'follow' || kind === 'unfollow') return `/v1/users/${target}`;
  if (kind === 'comment') return `/v1/comments/${written.body.data.id}`;
  const id = kind === 'create' ? written.body.data.id : target;
  return id && kind !== 'invalid' ? `/v1/posts/${id}` : undefined;
}

function outcomeOf(status: number): Outcome {
  if (status < 300) return 'ok';
  return status < 500 ? 'failed' : 'unknown';
}

function isRefused(error: unknown): boolean {
  const cause = (error as { cause?: { code?: string } }).cause;
  return cause?.code === 'ECONNREFUSED';
}
