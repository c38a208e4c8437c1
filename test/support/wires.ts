import type { Parts } from './parts.js';

export const partNames = ['kafka', 'postgres', 'redis'] as const;
export type PartName = (typeof partNames)[number];

/** Where each part listens on the network of the containers. */
export const upstreams: Readonly<Record<PartName, number>> = { kafka: 19_092, postgres: 5_432, redis: 6_379 };

interface Toxic {
  readonly type: string;
  readonly stream?: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

/** The wires to Kafka, Postgres and Redis, laid through Toxiproxy, and what can be wrong with each. */
export class Wires {
  private constructor(
    private readonly control: string,
    /** The parts, as they are reached through these wires. */
    readonly parts: Parts,
  ) {}

  static async lay(control: string, ports: Readonly<Record<PartName, number>>, parts: Parts): Promise<Wires> {
    const wires = new Wires(control, parts);
    for (const name of partNames) {
      const proxy = { name, listen: `0.0.0.0:${ports[name]}`, upstream: `${name}:${upstreams[name]}`, enabled: true };
      await wires.tell('/proxies', proxy);
    }
    return wires;
  }

  /** Everything takes so much longer, in milliseconds, and sometimes half as much again. */
  async slow(name: PartName, latency: number): Promise<void> {
    await this.poison(name, { type: 'latency', attributes: { latency, jitter: latency / 2 } });
  }

  /** Every connection is reset as soon as somebody says something on it. */
  async reset(name: PartName): Promise<void> {
    await this.poison(name, { type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } });
  }

  /** Connections stay open, and nothing comes through any more. */
  async silence(name: PartName): Promise<void> {
    await this.poison(name, { type: 'timeout', attributes: { timeout: 0 } });
  }

  /** Every connection ends, and none can be made. */
  async cut(name: PartName): Promise<void> {
    await this.tell(`/proxies/${name}`, { enabled: false });
  }

  /** As good as new; connections that were silenced have ended. */
  async mend(name: PartName): Promise<void> {
    const answer = await fetch(`${this.control}/proxies/${name}/toxics`);
    for (const { name: toxic } of (await answer.json()) as { name: string }[])
      await fetch(`${this.control}/proxies/${name}/toxics/${toxic}`, { method: 'DELETE' });
    await this.tell(`/proxies/${name}`, { enabled: true });
  }

  private async poison(name: PartName, toxic: Toxic): Promise<void> {
    await this.tell(`/proxies/${name}/toxics`, toxic);
  }

  private async tell(path: string, body: unknown): Promise<void> {
    const answer = await fetch(this.control + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`Toxiproxy answered ${path} with ${answer.status}: ${await answer.text()}`);
  }
}
