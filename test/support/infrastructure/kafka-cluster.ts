import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '#database';
import { Broker } from '#events';
import { GenericContainer, Network, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { eventually } from '../eventually.js';

const docker = promisify(execFile);
const BROKERS = [1, 2, 3];

/** Three Kafka brokers, each also a controller (KRaft), which can be killed and restarted. */
export class KafkaCluster {
  private constructor(
    /** host:port of each, separated by commas. */
    readonly address: string,
    private readonly brokers: readonly StartedTestContainer[],
    private readonly network: StartedNetwork,
  ) {}

  /** Starts all brokers at once: none is ready before two are. */
  static async start(): Promise<KafkaCluster> {
    const network = await new Network().start();
    const ports: number[] = [];
    while (ports.length < BROKERS.length) ports.push(await freePort());
    const started = await Promise.allSettled(ports.map((port, index) => startBroker(index + 1, port, network)));
    const brokers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const cluster = new KafkaCluster(ports.map((port) => `127.0.0.1:${port}`).join(), brokers, network);
    const refused = started.find((each) => each.status === 'rejected');
    if (!refused) return cluster;
    await cluster.stop();
    throw refused.reason as Error;
  }

  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((each) => each.stop({ timeout: 0 })));
    await this.network.stop();
  }

  /** kill -9 and restart. */
  async kill(index: number): Promise<void> {
    await docker('docker', ['kill', this.idOf(index)]);
    await docker('docker', ['start', this.idOf(index)]);
  }

  /** A graceful restart, as by an operator: the broker stops by itself first. */
  async restart(index: number): Promise<void> {
    await docker('docker', ['restart', this.idOf(index)]);
  }

  /** Resolves when all partitions are in sync on every broker: only then may another one stop. */
  async whenInSync(broker: Broker): Promise<void> {
    await eventually(
      'every replica is in sync',
      async () => {
        const topics = await broker.administrate((admin) => admin.fetchTopicMetadata()).catch(() => undefined);
        const partitions = topics?.topics.flatMap((topic) => topic.partitions) ?? [];
        return partitions.length > 0 && partitions.every(({ isr }) => isr.length === BROKERS.length);
      },
      60_000,
    );
  }

  private idOf(index: number): string {
    return this.brokers[index]?.getId() ?? '';
  }
}

function startBroker(id: number, port: number, network: StartedNetwork): Promise<StartedTestContainer> {
  return new GenericContainer('apache/kafka:4.3.1')
    .withExposedPorts({ container: port, host: port })
    .withNetwork(network)
    .withNetworkAliases(`kafka-${id}`)
    .withEnvironment({
      CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx256m',
      KAFKA_NODE_ID: String(id),
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: BROKERS.map((each) => `${each}@kafka-${each}:9093`).join(),
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: `INTERNAL://:9092,CONTROLLER://:9093,EXTERNAL://:${port}`,
      KAFKA_ADVERTISED_LISTENERS: `INTERNAL://kafka-${id}:9092,EXTERNAL://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
      KAFKA_DEFAULT_REPLICATION_FACTOR: '3',
      KAFKA_MIN_INSYNC_REPLICAS: '2',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '3',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '2',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      // A killed broker is detected after three seconds instead of nine.
      KAFKA_BROKER_SESSION_TIMEOUT_MS: '3000',
      KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '500',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
    .start();
}
