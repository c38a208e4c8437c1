import { Client, type Reply, type RequestOptions, tokenOf } from '../support/client.js';
import type { History, Outcome, Write } from './history.js';
import type { Plan, Step } from './plan.js';

/** What all clients share. */
export interface World {
  readonly api: Pick<Client, 'send'>;
  readonly history: History;
  /** Resolves while the process that answers there is meant to. */
  readonly open: (path: string) => Promise<void>;
  /** Called for each answer, so that kills come after so many of them. */
  readonly onAnswer: () => void;
  /** Account by client; undefined until it has registered. */
  readonly accounts: (string | undefined)[];
  hot?: { readonly author: string; readonly token: string; readonly post: string };
}

interface KnownPost {
  readonly id: string;
}

/** Lets all clients of a plan do their steps, once there is the post that everybody edits. */
export async function letWrite({ seed, clients }: Plan, world: World): Promise<void> {
  await new Writer(world, `hot-${seed}`, clients.length).makeHotPost();
  await Promise.all(clients.map((steps, index) => new Writer(world, `c${seed}-${index}`, index).run(steps)));
}

const PASSWORD = 'correct horse battery';

/** One client: it registers and then does its steps one after the other, whatever becomes of each. */
class Writer {
  private account = '';
  private token = '';
  private readonly posts: KnownPost[] = [];

  constructor(
    private readonly world: World,
    private readonly name: string,
    private readonly index: number,
  ) {}

  async run(steps: readonly Step[]): Promise<void> {
    await this.register();
    for (const step of steps) await this.do(step);
  }

  /** An account whose registration went unanswered is left alone, and another one made. */
  async register(): Promise<void> {
    for (let attempt = 0; this.token === ''; attempt++) {
      if (attempt > 20) throw new Error('Nobody can register.');
      const email = `${this.name}-${attempt}@example.com`;
      const body = { email, password: PASSWORD, displayName: `Client ${this.name}` };
      const write = { kind: 'register', mark: email, by: email } as const;
      const reply = await this.write(write, 'POST', '/v1/auth/register', { body });
      if (reply?.status !== 201) continue;
      this.account = reply.body.data.accountId;
      this.token = reply.body.data.accessToken;
      this.world.accounts[this.index] = this.account;
    }
  }

  /** The post that everybody edits, as its author on many devices. */
  async makeHotPost(): Promise<void> {
    await this.register();
    for (let attempt = 0; !this.world.hot; attempt++) {
      await this.create({ kind: 'create', draw: 0, published: true, mark: `hot-${this.name}-${attempt}` });
      const [post] = this.posts;
      if (post) this.world.hot = { author: this.account, token: this.token, post: post.id };
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
    const { hot } = this.world;
    if (!hot) throw new Error('There is no hot post.');
    const write = { kind: 'edit', mark, by: hot.author, target: hot.post } as const;
    await this.write(write, 'PATCH', `/v1/posts/${hot.post}`, { token: hot.token, body: { title: mark } });
  }

  /** On the hot post, whose row everybody else wants too. */
  private async react({ mark }: Step, kind: 'comment' | 'like'): Promise<void> {
    const { hot } = this.world;
    if (!hot) throw new Error('There is no hot post.');
    const write = { kind, mark, by: this.account, target: hot.post } as const;
    const body = { body: mark };
    const path = `/v1/posts/${hot.post}`;
    if (kind === 'like') await this.write(write, 'PUT', `${path}/like`, { token: this.token });
    else await this.write(write, 'POST', `${path}/comments`, { token: this.token, body });
  }

  private async follow({ draw, mark }: Step, kind: 'follow' | 'unfollow'): Promise<void> {
    const drawn = this.world.accounts[Math.floor(draw * this.world.accounts.length)];
    const target = drawn === undefined || drawn === this.account ? this.world.hot?.author : drawn;
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

  /** Whoever sends the token of a write back is never shown anything older, by whichever process and from whichever cache. */
  private async readBack(write: Omit<Write, 'outcome'>, written: Reply, token = written.body.data?.accessToken) {
    const { api, history } = this.world;
    const path = written.status < 300 ? readPathOf(write, written) : undefined;
    const consistency = tokenOf(written);
    if (!path || consistency === '') return;
    const headers = { 'consistency-token': consistency };
    const read = await api.send('GET', path, { ...(token ? { token } : {}), headers }).catch(() => undefined);
    if (!read || read.status >= 500) return;
    history.readBack++;
    const fault = staleness(write, written, read);
    if (fault) history.stale.push(`${write.kind} ${write.mark}: ${path} ${fault}`);
  }

  /** Sends once, or again if the connection was refused: that is no write. Books what came of it. */
  private async write(
    write: Omit<Write, 'outcome'>,
    method: string,
    path: string,
    options: RequestOptions,
  ): Promise<Reply | undefined> {
    const { api, history, open, onAnswer } = this.world;
    for (;;) {
      await open(path);
      try {
        const reply = await api.send(method, path, options);
        const { id, status } = reply.body.data ?? {};
        const seen = {
          ...(write.kind === 'create' && id ? { target: id } : {}),
          ...(status ? { published: status === 'published' } : {}),
        };
        history.writes.push({ ...write, ...seen, outcome: outcomeOf(reply.status), status: reply.status });
        onAnswer();
        await this.readBack(write, reply, options.token);
        return reply;
      } catch (error) {
        if (isRefused(error)) continue;
        history.writes.push({ ...write, outcome: 'unknown' });
        return undefined;
      }
    }
  }
}

/** What a read with the token of a write must show; undefined if it does. */
function staleness({ kind, mark }: Omit<Write, 'outcome'>, written: Reply, read: Reply): string | undefined {
  const { data } = read.body;
  const wanted = written.body.data;
  if (kind === 'delete') return read.status === 404 ? undefined : 'is still there';
  if (read.status !== 200) return `was answered with ${read.status}`;
  if (kind === 'follow' || kind === 'unfollow') {
    return data.followedByMe === (kind === 'follow') ? undefined : `says ${data.followedByMe}`;
  }
  if (kind === 'like') return data.likedByMe ? undefined : 'is not liked';
  if (kind === 'register' || kind === 'comment') return undefined;
  if (data.version < wanted.version) return `has version ${data.version}, not ${wanted.version}`;
  const isSame = data.version === wanted.version;
  return isSame && kind === 'edit' && data.title !== mark ? `says ${data.title}` : undefined;
}

/** Where a write is read back. */
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
