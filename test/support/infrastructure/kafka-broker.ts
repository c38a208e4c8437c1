import { GenericContainer, Wait } from 'testcontainers';

/** A listener for clients, in addition to the internal ones of a broker. */
export interface Listener {
  readonly name: string;
  /** The port inside the container. */
  readonly port: number;
  /** The port on 127.0.0.1 that clients connect to, if it differs. */
  readonly advertised?: number;
  readonly protocol?: 'PLAINTEXT' | 'SASL_SSL';
}

/**
 * A container with a single broker. The caller chooses the ports, since the broker must advertise them to its clients.
 */
export function kafkaBroker(listeners: readonly Listener[], settings: Record<string, string> = {}): GenericContainer {
  const listed = (of: (listener: Listener) => string) => listeners.map(of).join(',');
  return new GenericContainer('apache/kafka:4.3.1')
    .withEnvironment({
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx256m',
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: `INTERNAL://:9092,CONTROLLER://:9093,${listed(({ name, port }) => `${name}://:${port}`)}`,
      KAFKA_ADVERTISED_LISTENERS: `INTERNAL://localhost:9092,${listed(
        ({ name, port, advertised = port }) => `${name}://127.0.0.1:${advertised}`,
      )}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: `INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,${listed(
        ({ name, protocol = 'PLAINTEXT' }) => `${name}:${protocol}`,
      )}`,
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      ...settings,
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000);
}
