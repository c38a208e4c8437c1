import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { isTransient } from '#database';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ServiceEvents } from '../event-runtime.js';
import { Loop } from '../loop.js';
import { type Broker, retrySettings } from './broker.js';
import { Commits } from './commits.js';
import { lag } from '../event-metrics.js';
import { adoptOffsets } from './groups.js';
import { lagOfGroup } from './lag.js';
import { deliverReceived } from './deliver-received.js';
import { fromMessage, type Received } from './message.js';

/** A dead member is detected after this time; until then its partitions are not consumed. */
const SESSION_MS = 6_000;
const REBALANCE_MS = 12_000;
const HEARTBEAT_MS = 1_000;
/** Partitions handled at the same time. Each uses a database connection. */
const CONCURRENT_PARTITIONS = 4;
/** Events in one transaction. */
const BATCH = 256;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
const STUCK_MS = 60_000;
const LAG_MS = 5_000;

/**
 * Consumes one service's topics and passes the events to its `Delivery`. The order of a key is that of its partition,
 * and one batch of a partition is handled at a time. Offsets are committed after the effects; uncommitted messages are
 * redelivered.
 */
export class KafkaConsumer {
  private readonly logger = new Logger('kafka');
  private readonly loop: Loop;
  private readonly stopping = Promise.withResolvers<void>();
  private readonly inFlight = new Set<Promise<void>>();
  private stopped = false;
  private progress = 0;
  private progressAtLastCheck = 0;
  private stalledSince: number | undefined;
  private stuckTimer: NodeJS.Timeout | undefined;
  private endMeasurement: (() => void) | undefined;
  private lagAt = -Infinity;
  private latestLag: ReturnType<KafkaConsumer['readLagByTopic']> = Promise.resolve([]);
  readonly name: string;
  /** Whether it has joined its group at least once; its assignment may be empty. */
  assigned = false;
  connected = false;
  /** Whether it has a backlog but has processed nothing for 60 s. */
  stuck = false;

  constructor(
    private readonly broker: Broker,
    private readonly events: ServiceEvents,
  ) {
    this.name = `${events.service} consumer`;
    this.loop = new Loop(this.name, () => this.runMember());
  }

  start(): void {
    this.loop.start();
    this.stuckTimer = setInterval(() => void this.checkStuck(), STUCK_MS / 4).unref();
    this.endMeasurement = lag.addSource(() => this.lagByTopic());
  }

  async stop(): Promise<void> {
    clearInterval(this.stuckTimer);
    this.endMeasurement?.();
    this.stopped = true;
    this.stopping.resolve();
    await this.loop.stop();
  }

  /** Runs one member of the group until `stop`, or until an error from which it does not recover. */
  private async runMember(): Promise<number> {
    const consumer = this.broker.kafka.consumer({
      groupId: this.group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 1_000,
      allowAutoTopicCreation: false,
      // A new member replaces a crashed one: after kafkajs' own restart it may be connected but receive nothing.
      retry: { ...retrySettings, restartOnFailure: () => Promise.resolve(false) },
    });
    const commits = new Commits();
    const crashed = Promise.withResolvers<never>();
    crashed.promise.catch(() => undefined);
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.assigned = true;
      this.events.delivery.reassigned();
    });
    try {
      await adoptOffsets(this.broker, this.events.service, this.group, this.topics);
      await this.consume(consumer, commits);
      this.connected = true;
      await Promise.race([crashed.promise, this.stopping.promise]);
      consumer.pause(this.topics.map((topic) => ({ topic })));
      await Promise.allSettled(this.inFlight);
      await commits.flush();
    } finally {
      this.connected = false;
      commits.end();
      await consumer.disconnect().catch(() => undefined);
    }
    return 0;
  }

  private async consume(consumer: Consumer, commits: Commits): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: this.topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: async (payload) => {
        const batch = this.onBatch(payload, commits);
        this.inFlight.add(batch);
        await batch.finally(() => this.inFlight.delete(batch));
      },
    });
  }

  get service(): string {
    return this.events.service;
  }

  get group(): string {
    return this.broker.groupOf(this.events.service, this.events.delivery.consumerNames);
  }

  private get topics(): string[] {
    return this.events.delivery.topics.map((name) => this.broker.toTopic(name));
  }

  private async onBatch(payload: EachBatchPayload, commits: Commits): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload;
    // A batch may take longer than the session timeout, and a rebalance waits until this member rejoins.
    let heartbeatError: unknown;
    const heartbeats = setInterval(
      () => void heartbeat().catch((error: unknown) => (heartbeatError = error)),
      HEARTBEAT_MS,
    );
    try {
      for (let from = 0; from < batch.messages.length; from += BATCH) {
        const chunk = batch.messages.slice(from, from + BATCH);
        if (!(await this.deliver(chunk, payload))) return;
        resolveOffset(chunk.at(-1)?.offset ?? '');
        commits.schedule(payload);
        if (heartbeatError) throw heartbeatError as Error;
      }
    } finally {
      clearInterval(heartbeats);
    }
  }

  /** Repeats until everything is settled. False if the partition is reassigned or the consumer stops before. */
  private async deliver(chunk: readonly KafkaMessage[], payload: EachBatchPayload): Promise<boolean> {
    const { batch, isRunning, isStale } = payload;
    const topic = this.broker.fromTopic(batch.topic);
    const source = `${topic}/${batch.partition}`;
    let left: readonly Received[] = chunk.map((message) => fromMessage(topic, batch.partition, message));
    let backoff = FIRST_BACKOFF_MS;
    while (!this.stopped && isRunning() && !isStale()) {
      const before = left.length;
      left = await this.deliverOnce(left, source);
      if (left.length < before) this.progressed();
      if (left.length === 0) return true;
      await Promise.race([delay(backoff), this.stopping.promise]);
      backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
    }
    return false;
  }

  /** Returns what must be delivered again. `Delivery` logs most transient database errors itself, without a throw. */
  private async deliverOnce(received: readonly Received[], source: string): Promise<readonly Received[]> {
    try {
      return await deliverReceived(this.events.delivery, received, source);
    } catch (error) {
      // A restart does not fix an unavailable database, so this does not count as stuck.
      if (isTransient(error)) this.progressed();
      this.logger.warn(`${this.events.service}: delivery failed and will be repeated: ${(error as Error).message}`);
      return received;
    }
  }

  private progressed(): void {
    this.progress++;
    this.stuck = false;
  }

  private async lagOfGroup() {
    const { topics } = this.events.delivery;
    return this.broker.administrate((admin) => lagOfGroup(this.broker, admin, this.group, topics));
  }

  /** Asks Kafka at most every LAG_MS, although several programs may read the metrics. */
  private async lagByTopic() {
    if (performance.now() - this.lagAt > LAG_MS) {
      this.lagAt = performance.now();
      this.latestLag = this.readLagByTopic();
    }
    return this.latestLag;
  }

  private async readLagByTopic() {
    const byTopic = Map.groupBy(await this.lagOfGroup(), ({ topic }) => topic);
    return [...byTopic].map(([topic, partitions]) => ({
      labels: { service: this.service, topic },
      value: partitions.reduce((sum, { behind }) => sum + behind, 0),
    }));
  }

  /** Stuck: there is a backlog but nothing was processed for 60 s. An unreachable broker does not count. */
  private async checkStuck(): Promise<void> {
    const { service } = this.events;
    const since = this.progressAtLastCheck;
    this.progressAtLastCheck = this.progress;
    // The lag is only fetched if nothing was processed since the last check.
    const backlog = since === this.progress ? await this.lagOfGroup().catch(() => []) : [];
    const hasBacklog = backlog.some(({ behind }) => behind > 0) && since === this.progress;
    this.stalledSince = hasBacklog ? (this.stalledSince ?? performance.now()) : undefined;
    this.stuck = hasBacklog && performance.now() - (this.stalledSince ?? Infinity) > STUCK_MS;
    if (this.stuck)
      this.logger.error(`The consumer of ${service} is stuck: a backlog, but nothing processed for 60 s.`);
  }
}
