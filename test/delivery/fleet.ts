import { serviceNames, topics, topicsConsumedBy } from '#contracts';
import { freePort } from '#database';
import { Client, type Reply, type RequestOptions } from '../support/platform/client.js';
import { serviceOf } from '../support/platform/gateway.js';
import type { Service } from '../support/infrastructure/parts.js';
import { Supervisor } from './supervisor.js';

/** A service of the product, or the probe, which exists only in this test. */
export type Member = Service | 'probe';

export const members: readonly Member[] = [...serviceNames, 'probe'];

export const topicNames = topics.map(({ name }) => name);

/** The topics that a member consumes; the probe consumes all. */
export function subscribedTopics(member: Member): string[] {
  return member === 'probe' ? topicNames : topicsConsumedBy(member);
}

/** The platform with one process per service and replica. Each process is restarted when it was killed. */
export class Fleet {
  private turn = 0;

  private constructor(
    private readonly replicas: ReadonlyMap<Member, readonly Supervisor[]>,
    private readonly settings: Record<string, string>,
    private readonly jwks: string,
  ) {}

  /** `of` returns additional settings of one member. */
  static async start(
    settings: Record<string, string>,
    { replicas = 1, of = () => ({}) }: { replicas?: number; of?: (member: Member) => Record<string, string> } = {},
  ): Promise<Fleet> {
    const authPort = await freePort();
    const jwks = `http://127.0.0.1:${authPort}/.well-known/jwks.json`;
    const started = await Promise.all(
      members.map(async (member) => {
        const memberSettings = { ...settings, AUTH_JWKS_URL: jwks, SERVICES: member, ...of(member) };
        const ports = [member === 'auth' ? authPort : undefined, ...Array<undefined>(replicas - 1).fill(undefined)];
        return [member, await Promise.all(ports.map((port) => Supervisor.start(memberSettings, port)))] as const;
      }),
    );
    return new Fleet(new Map(started), settings, jwks);
  }

  /** Sends a request to the service that serves its path, in turn to each of its replicas. */
  get api(): Pick<Client, 'send'> {
    return {
      send: (method: string, path: string, options?: RequestOptions): Promise<Reply> => {
        const replicas = this.of(serviceOf(path));
        const replica = replicas[this.turn++ % replicas.length] as Supervisor;
        return new Client(replica.url).send(method, path, options);
      },
    };
  }

  of(member: Member): readonly Supervisor[] {
    return this.replicas.get(member) ?? [];
  }

  get all(): readonly Supervisor[] {
    return [...this.replicas.values()].flat();
  }

  get kills(): Date[] {
    return this.all.flatMap((each) => each.kills);
  }

  async whenRunning(path: string): Promise<void> {
    await Promise.all(this.of(serviceOf(path)).map((each) => each.whenRunning()));
  }

  async whenAllRunning(): Promise<void> {
    await Promise.all(this.all.map((each) => each.whenRunning()));
  }

  async whenAllReady(): Promise<void> {
    await Promise.all(this.all.map((each) => each.whenReady()));
  }

  /** Stops all processes, runs `work`, and starts them again. */
  async whileHalted(work: () => Promise<void>): Promise<void> {
    await Promise.all(this.all.map((each) => each.halt()));
    await work();
    await Promise.all(this.all.map((each) => each.resume()));
  }

  /** Starts an additional replica. The caller stops it. */
  async startReplica(member: Member): Promise<Supervisor> {
    return Supervisor.start({ ...this.settings, AUTH_JWKS_URL: this.jwks, SERVICES: member });
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((each) => each.stop()));
  }

  async abandon(): Promise<void> {
    await Promise.all(this.all.map((each) => each.abandon()));
  }
}
