import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '#database';
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { eventually } from '../eventually.js';
import { memoryOfContainers, pidOfContainer } from './container-stats.js';
import { kafkaBroker } from './kafka-broker.js';
import { KafkaCluster } from './kafka-cluster.js';
import type { Parts } from './parts.js';
import { PostgresEach } from './postgres-each.js';
import { SmallDisk } from './small-disk.js';
import { type PartName, partNames, upstreams, Wires } from './wires.js';

const docker = promisify(execFile);

/** Kafka, Redis and Postgres in containers, and the ways to disrupt them. */
export class Containers {
  private startedCluster: Promise<KafkaCluster> | undefined;
  private startedDisk: Promise<SmallDisk> | undefined;
  private startedEach: Promise<PostgresEach> | undefined;

  private constructor(
    readonly parts: Parts,
    /** The same servers behind proxies that can be disrupted. */
    readonly wires: Wires,
    private readonly started: Readonly<Record<PartName | 'toxiproxy', StartedTestContainer>>,
    private readonly network: StartedNetwork,
  ) {}

  /** Throws with instructions if Docker is not available. */
  static async start(): Promise<Containers> {
    await assertDocker();
    const ports = [];
    while (ports.length < 7) ports.push(await freePort());
    const [kafkaPort, postgresPort, redisPort, control, ...behind] = ports as [number, number, number, number];
    const wired = Object.fromEntries(partNames.map((name, index) => [name, behind[index] ?? 0])) as Record<
      PartName,
      number
    >;
    const network = await new Network().start();
    const [kafka, postgres, redis, toxiproxy] = await allOrNone([
      startKafka(kafkaPort, wired.kafka, network),
      startPostgres(postgresPort, network),
      startRedis(redisPort, network),
      startToxiproxy(control, wired, network),
    ]).catch(async (error: unknown) => {
      await network.stop();
      throw error;
    });
    const parts = partsAt({ kafka: kafkaPort, postgres: postgresPort, redis: redisPort });
    const wires = await Wires.create(`http://127.0.0.1:${control}`, wired, partsAt(wired));
    return new Containers(parts, wires, { kafka, postgres, redis, toxiproxy }, network);
  }

  /** Three further brokers, started on first use. */
  cluster(): Promise<KafkaCluster> {
    this.startedCluster ??= KafkaCluster.start();
    return this.startedCluster;
  }

  /** A further Postgres with a small disk, started on first use. */
  smallDisk(): Promise<SmallDisk> {
    this.startedDisk ??= SmallDisk.start();
    return this.startedDisk;
  }

  /** A Postgres for each service, started on first use. */
  postgresEach(): Promise<PostgresEach> {
    this.startedEach ??= PostgresEach.start(this.network);
    return this.startedEach;
  }

  async stop(): Promise<void> {
    for (const extra of [this.startedDisk, this.startedCluster, this.startedEach])
      await extra?.then(
        (each) => each.stop(),
        () => undefined,
      );
    // A container that is paused cannot be stopped.
    await Promise.all(Object.values(this.started).map((each) => this.docker('unpause', each).catch(() => undefined)));
    await Promise.all(Object.values(this.started).map((each) => each.stop({ timeout: 0 })));
    await this.network.stop();
  }

  /** kill -9, without a restart. */
  async kill(name: PartName): Promise<void> {
    await this.docker('kill', this.started[name]);
  }

  /**
   * Starts a killed container again, with its data and its port. Resolves when the container runs, not when the server
   * answers.
   */
  async revive(name: PartName): Promise<void> {
    await this.docker('start', this.started[name]);
  }

  /**
   * Freezes all processes of a container. Its connections stay open. The runtime gives up after a third of a second if a
   * process waits for a slow disk or has just been started, and leaves it to the caller to try again.
   */
  async pause(name: PartName): Promise<void> {
    await eventually(`${name} is paused`, () =>
      this.docker('pause', this.started[name]).then(
        () => true,
        (error: Error) => {
          if (!error.message.includes('unable to freeze')) throw error;
          return false;
        },
      ),
    );
  }

  async resume(name: PartName): Promise<void> {
    await this.docker('unpause', this.started[name]);
  }

  /** The process id of a server on this machine. */
  async pid(name: PartName): Promise<number> {
    return pidOfContainer(this.started[name].getId());
  }

  /** The memory of a server, in bytes, as reported by Docker. */
  async memory(name: PartName): Promise<number> {
    const [bytes = 0] = (await memoryOfContainers([this.started[name].getId()])).values();
    return bytes;
  }

  private async docker(verb: string, container: StartedTestContainer): Promise<void> {
    await docker('docker', [verb, container.getId()]);
  }
}

/** Starts the containers, runs `work`, and stops them, also if it fails. Without Docker the process exits with 1. */
export async function withContainers(work: (containers: Containers) => Promise<void>): Promise<void> {
  const containers = await Containers.start().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void containers.stop().finally(() => process.exit(1)));
  }
  try {
    await work(containers);
  } finally {
    await containers.stop();
  }
}

function partsAt(ports: Readonly<Record<PartName, number>>): Parts {
  return {
    kafka: `127.0.0.1:${ports.kafka}`,
    postgres: `postgresql://postgres:${PASSWORD}@127.0.0.1:${ports.postgres}/postgres`,
    redis: `redis://127.0.0.1:${ports.redis}`,
  };
}

const PASSWORD = 'test';

async function assertDocker(): Promise<void> {
  await getContainerRuntimeClient().catch((error: Error) => {
    throw new Error(
      `These tests need a Docker engine that this user can access, and none was found: ${error.message}. ` +
        'Install and start Docker, then run them again. Tests without Docker: npm test.',
    );
  });
}

/** If one cannot be started, the others are stopped. */
type Four<T> = [T, T, T, T];

async function allOrNone(starting: Four<Promise<StartedTestContainer>>): Promise<Four<StartedTestContainer>> {
  const results = await Promise.allSettled(starting);
  const refused = results.find((result) => result.status === 'rejected');
  if (!refused) return Promise.all(starting);
  for (const result of results) if (result.status === 'fulfilled') await result.value.stop({ timeout: 0 });
  throw refused.reason as Error;
}

/**
 * The host port is chosen in advance, since the broker must advertise it to its clients, and it must not change with a
 * restart.
 */
const published = (container: GenericContainer, inside: number, port: number) =>
  container.withExposedPorts({ container: inside, host: port });

function startKafka(port: number, wired: number, network: StartedNetwork): Promise<StartedTestContainer> {
  const broker = kafkaBroker([
    { name: 'EXTERNAL', port },
    { name: 'WIRED', port: upstreams.kafka, advertised: wired },
  ]);
  return published(broker, port, port).withNetwork(network).withNetworkAliases('kafka').start();
}

function startPostgres(port: number, network: StartedNetwork): Promise<StartedTestContainer> {
  return published(new GenericContainer('postgres:17'), 5432, port)
    .withNetwork(network)
    .withNetworkAliases('postgres')
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', 'max_connections=400'])
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(120_000)
    .start();
}

function startRedis(port: number, network: StartedNetwork): Promise<StartedTestContainer> {
  return published(new GenericContainer('redis:8'), 6379, port)
    .withNetwork(network)
    .withNetworkAliases('redis')
    .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
}

function startToxiproxy(
  control: number,
  wired: Readonly<Record<PartName, number>>,
  network: StartedNetwork,
): Promise<StartedTestContainer> {
  const ports = Object.values(wired).map((port) => ({ container: port, host: port }));
  return new GenericContainer('ghcr.io/shopify/toxiproxy:2.12.0')
    .withNetwork(network)
    .withExposedPorts({ container: 8474, host: control }, ...ports)
    .withWaitStrategy(Wait.forLogMessage(/Starting Toxiproxy|Starting HTTP server/))
    .start();
}
