import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '#database';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import type { Parts } from './parts.js';

const docker = promisify(execFile);

/** Kafka, Redis and Postgres in containers, and what can happen to them. */
export class Containers {
  private constructor(
    readonly parts: Parts,
    private readonly started: Readonly<Record<PartName, StartedTestContainer>>,
  ) {}

  /** Throws in a sentence if there is no Docker. */
  static async start(): Promise<Containers> {
    await assertDocker();
    const [kafkaPort, postgresPort, redisPort] = [await freePort(), await freePort(), await freePort()];
    const [kafka, postgres, redis] = await allOrNone([
      startKafka(kafkaPort),
      startPostgres(postgresPort),
      startRedis(redisPort),
    ]);
    const parts = {
      kafka: `127.0.0.1:${kafkaPort}`,
      postgres: `postgresql://postgres:${PASSWORD}@127.0.0.1:${postgresPort}/postgres`,
      redis: `redis://127.0.0.1:${redisPort}`,
    };
    return new Containers(parts, { kafka, postgres, redis });
  }

  async stop(): Promise<void> {
    // A container that is paused cannot be stopped.
    await Promise.all(Object.values(this.started).map((each) => this.docker('unpause', each).catch(() => undefined)));
    await Promise.all(Object.values(this.started).map((each) => each.stop({ timeout: 0 })));
  }

  /** kill -9, and nothing more. */
  async kill(name: PartName): Promise<void> {
    await this.docker('kill', this.started[name]);
  }

  /** Starts what was killed, with its data and on its port. Returns when the container runs, not when it answers. */
  async revive(name: PartName): Promise<void> {
    await this.docker('start', this.started[name]);
  }

  /** Everything in it stands still, and its connections stay open. */
  async pause(name: PartName): Promise<void> {
    await this.docker('pause', this.started[name]);
  }

  async resume(name: PartName): Promise<void> {
    await this.docker('unpause', this.started[name]);
  }

  private async docker(verb: string, container: StartedTestContainer): Promise<void> {
    await docker('docker', [verb, container.getId()]);
  }
}

/** Lets `work` use containers, and stops them whatever becomes of it. Without Docker the process ends at once. */
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

export type PartName = 'kafka' | 'postgres' | 'redis';

const PASSWORD = 'test';

async function assertDocker(): Promise<void> {
  await getContainerRuntimeClient().catch((error: Error) => {
    throw new Error(
      `These tests need a Docker engine that this user may use, and there is none: ${error.message}. ` +
        'Install and start Docker, then run them again; the others run without it: npm test.',
    );
  });
}

/** If one cannot be started, the others are stopped. */
async function allOrNone(
  starting: [Promise<StartedTestContainer>, Promise<StartedTestContainer>, Promise<StartedTestContainer>],
): Promise<[StartedTestContainer, StartedTestContainer, StartedTestContainer]> {
  const results = await Promise.allSettled(starting);
  const refused = results.find((result) => result.status === 'rejected');
  if (!refused) return Promise.all(starting);
  for (const result of results) if (result.status === 'fulfilled') await result.value.stop({ timeout: 0 });
  throw refused.reason as Error;
}

/** The port is chosen before, since the broker must tell it to its clients; and it outlives the container's end. */
const published = (container: GenericContainer, inside: number, port: number) =>
  container.withExposedPorts({ container: inside, host: port });

/** What a container starts with when it is started again finds its storage formatted, which is no fault. */
const START_KAFKA =
  'sed "s,^/opt/kafka/bin/kafka-docker-setup.*,& || :," /etc/kafka/docker/run > /tmp/run; exec bash /tmp/run';

function startKafka(port: number): Promise<StartedTestContainer> {
  return published(new GenericContainer('apache/kafka:4.3.1'), port, port)
    .withEnvironment({
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx256m',
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: `INTERNAL://:9092,CONTROLLER://:9093,EXTERNAL://:${port}`,
      KAFKA_ADVERTISED_LISTENERS: `INTERNAL://localhost:9092,EXTERNAL://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withCommand(['bash', '-c', START_KAFKA])
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
    .start();
}

function startPostgres(port: number): Promise<StartedTestContainer> {
  return published(new GenericContainer('postgres:17'), 5432, port)
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', 'max_connections=400'])
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(120_000)
    .start();
}

function startRedis(port: number): Promise<StartedTestContainer> {
  return published(new GenericContainer('redis:8'), 6379, port)
    .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
}
