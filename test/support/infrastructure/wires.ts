import type { Parts } from './parts.js';

export const partNames = ['kafka', 'postgres', 'redis'] as const;
export type PartName = (typeof partNames)[number];

/** The port of each server in the network of the containers. */
export const upstreams: Readonly<Record<PartName, number>> = { kafka: 19_092, postgres: 5_432, redis: 6_379 };

interface Toxic {
  readonly type: string;
  readonly stream?: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

/** Toxiproxy proxies to Kafka, Postgres and Redis, and the ways to disrupt each. */
export class Wires {
  private constructor(
    private readonly control: string,
    /** The addresses of the servers behind these proxies. */
    readonly parts: Parts,
  ) {}

  static async create(control: string, ports: Readonly<Record<PartName, number>>, parts: Parts): Promise<Wires> {
    const wires = new Wires(control, parts);
    for (const name of partNames) {
      const proxy = { name, listen: `0.0.0.0:${ports[name]}`, upstream: `${name}:${upstreams[name]}`, enabled: true };
      await wires.post('/proxies', proxy);
    }
    return wires;
  }

  /** Adds this latency, in milliseconds, plus or minus a half of it. */
  async slow(name: PartName, latency: number): Promise<void> {
    await this.addToxic(name, { type: 'latency', attributes: { latency, jitter: latency / 2 } });
  }

  /** Resets every connection as soon as data is sent on it. */
  async reset(name: PartName): Promise<void> {
    await this.addToxic(name, { type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } });
  }

  /** Keeps connections open, but forwards nothing. */
  async silence(name: PartName): Promise<void> {
    await this.addToxic(name, { type: 'timeout', attributes: { timeout: 0 } });
  }

  /** Closes all connections and refuses new ones. */
  async cut(name: PartName): Promise<void> {
    await this.post(`/proxies/${name}`, { enabled: false });
  }

  /** Restores all connections; those that were silenced have been closed. */
  async restore(name: PartName): Promise<void> {
    const answer = await fetch(`${this.control}/proxies/${name}/toxics`);
    for (const { name: toxic } of (await answer.json()) as { name: string }[])
      await fetch(`${this.control}/proxies/${name}/toxics/${toxic}`, { method: 'DELETE' });
    await this.post(`/proxies/${name}`, { enabled: true });
  }

  private async addToxic(name: PartName, toxic: Toxic): Promise<void> {
    await this.post(`/proxies/${name}/toxics`, toxic);
  }

  private async post(path: string, body: unknown): Promise<void> {
    const answer = await fetch(this.control + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`Toxiproxy answered ${path} with ${answer.status}: ${await answer.text()}`);
  }
}
