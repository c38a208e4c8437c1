import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import type { Admin, Kafka, KafkaConfig } from 'kafkajs';

interface BrokerOptions {
  readonly brokers: readonly string[];
  /** Stands before the names of topics and groups. */
  readonly namespace: string;
  /** TLS and who logs in; without it connections are plain. */
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** How many times, and after how many milliseconds, one call is repeated by the library: enough for a change of leader. */
export const patience = { retries: 1, initialRetryTime: 100, maxRetryTime: 300 };

/** Kafka, and the names by which it knows what is ours. */
export class Broker {
  private constructor(
    readonly kafka: Kafka,
    private readonly namespace: string,
  ) {}

  /** Asks nobody yet. Patience is short: whoever calls repeats by itself, and would rather know soon. */
  static async of({ brokers, namespace, security = {} }: BrokerOptions, clientId: string): Promise<Broker> {
    // Loaded by who needs it: that is a tenth of the start of a process that does not.
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    patchRequestQueue();
    patchRetryDefaults();
    const kafka = new Kafka({
      clientId,
      brokers: [...brokers],
      ...security,
      connectionTimeout: 2_000,
      requestTimeout: 3_000,
      retry: patience,
      logLevel: logLevel.ERROR,
      logCreator,
    });
    return new Broker(kafka, namespace);
  }

  /** The consumer group of a service with these consumers: each replica that has the same ones is a member. */
  groupOf(service: string, consumers: readonly string[]): string {
    const names = consumers.toSorted().join();
    return `${this.prefixOf(service)}.${createHash('sha256').update(names).digest('hex').slice(0, 8)}`;
  }

  /** Whether it is a group of this service, with whatever consumers; releases before 0.2 had no consumers in its name. */
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

  /** Runs `work` with a connection for administration, and closes it. Throws a UserError if Kafka does not answer. */
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

/** What the library knows of a connection's requests, as far as it matters here. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 looks after each answer for requests that a throttled broker has kept waiting, with a delay below zero:
 * thousands of times a second, for nothing (its issues 1704 and 1751). A queue that nothing waits in need not look.
 */
function patchRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue & { sleeps?: true } };
  if (prototype.sleeps) return;
  prototype.sleeps = true;
  const look = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) look.call(this);
  };
}

/**
 * A producer's first request, for its id, follows the defaults of kafkajs 2.2.4 whatever it was given, and those keep a
 * process waiting for nine seconds while a controller is replaced. Whoever calls repeats by itself.
 */
function patchRetryDefaults(): void {
  const require = createRequire(import.meta.url);
  Object.assign(require('kafkajs/src/retry/defaults') as object, patience);
}

const logger = new Logger('kafka');

/** What it reports comes to us as an error as well, and is told there; its own words are for who looks closer. */
const logCreator: NonNullable<KafkaConfig['logCreator']> =
  () =>
  ({ namespace, log: { message, error } }) => {
    logger.debug(`${namespace}: ${message}${error ? ` (${String(error)})` : ''}`);
  };
