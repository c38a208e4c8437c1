import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import type { Admin, Kafka, KafkaConfig } from 'kafkajs';

interface BrokerOptions {
  readonly brokers: readonly string[];
  /** Prefix of topic and group names. */
  readonly namespace: string;
  /** TLS and SASL credentials; without it connections are unencrypted and not authenticated. */
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** How often, and after how many ms, kafkajs retries one call: enough for a change of partition leader. */
export const retrySettings = { retries: 1, initialRetryTime: 100, maxRetryTime: 300 };

/** A Kafka client, and the names of our topics and groups. */
export class Broker {
  private constructor(
    readonly kafka: Kafka,
    private readonly namespace: string,
  ) {}

  /** Does not connect yet. Timeouts and retries are short, since callers retry by themselves. */
  static async of({ brokers, namespace, security = {} }: BrokerOptions, clientId: string): Promise<Broker> {
    // Loaded only when needed: it would take a tenth of the start-up time of a process without Kafka.
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    await patchRequestQueue();
    await patchRetryDefaults();
    const kafka = new Kafka({
      clientId,
      brokers: [...brokers],
      ...security,
      connectionTimeout: 2_000,
      requestTimeout: 3_000,
      retry: retrySettings,
      logLevel: logLevel.ERROR,
      logCreator,
    });
    return new Broker(kafka, namespace);
  }

  /** The consumer group of a service with these consumers: replicas with the same consumers are its members. */
  groupOf(service: string, consumers: readonly string[]): string {
    const names = consumers.toSorted().join();
    return `${this.prefixOf(service)}.${createHash('sha256').update(names).digest('hex').slice(0, 8)}`;
  }

  /** Whether it is a group of this service, with any consumers; before 0.2, names did not depend on the consumers. */
  isGroupOf(group: string, service: string): boolean {
    return group === this.prefixOf(service) || group.startsWith(`${this.prefixOf(service)}.`);
  }

  private prefixOf(service: string): string {
    return `${this.namespace}twofold.${service}`;
  }

  toTopic(name: string): string {
    return this.namespace + name;
  }

  fromTopic(topic: string): string {
    return topic.slice(this.namespace.length);
  }

  /** Runs `work` with an admin connection, and closes it. Throws a UserError if Kafka does not answer. */
  async administrate<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect().catch((error: Error) => {
      throw new UserError(`Kafka does not answer: ${error.message}. Start it, or correct KAFKA_BROKERS.`);
    });
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** The part of kafkajs' request queue of a connection that the patch uses. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  readonly inflight: ReadonlyMap<unknown, InFlight>;
  requestTimeoutIntervalId: NodeJS.Timeout;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  isConnected(): boolean;
  destroy(): void;
}

interface InFlight {
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

/** Often enough for timeouts of seconds. */
const TIMEOUT_CHECK_MS = 500;

/**
 * After each response, kafkajs 2.2.4 schedules a check for requests held back by a throttling broker, with a negative
 * delay: thousands of times a second, for nothing (its issues 1704 and 1751). The patch skips the check if no request
 * is pending. And it looks for overdue requests ten times a second on each connection, of which a process has several:
 * an idle one did little else. The patch looks every TIMEOUT_CHECK_MS.
 */
async function patchRequestQueue(): Promise<void> {
  // @ts-expect-error kafkajs has no types of its own modules.
  const { default: queue } = await import('kafkajs/src/network/requestQueue/index.js');
  const { prototype } = queue as { prototype: RequestQueue & { patched?: true } };
  if (prototype.patched) return;
  prototype.patched = true;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  prototype.scheduleRequestTimeoutCheck = function () {
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(() => {
      const now = Date.now();
      for (const request of this.inflight.values())
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!this.isConnected()) this.destroy();
    }, TIMEOUT_CHECK_MS);
  };
}

/**
 * For a producer's first request, which gets its id, kafkajs 2.2.4 ignores the given retry settings and uses its
 * defaults, which block a process for nine seconds while a controller is replaced. Callers retry by themselves.
 */
async function patchRetryDefaults(): Promise<void> {
  // @ts-expect-error kafkajs has no types of its own modules.
  const { default: defaults } = await import('kafkajs/src/retry/defaults.js');
  Object.assign(defaults as object, retrySettings);
}

const logger = new Logger('kafka');

/** kafkajs also throws the errors that it logs, and callers log those; so its own log lines have level debug. */
const logCreator: NonNullable<KafkaConfig['logCreator']> =
  () =>
  ({ namespace, log: { message, error } }) => {
    logger.debug(`${namespace}: ${message}${error ? ` (${String(error)})` : ''}`);
  };
