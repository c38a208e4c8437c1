import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { isTransient } from '#database';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ServiceEvents } from '../event-runtime.js';
import { Loop } from '../loop.js';
import { type Broker, patience } from './broker.js';
import { Commits } from './commits.js';
import { adoptOffsets } from './groups.js';
import { lagOfGroup } from './lag.js';
import { deliverReceived } from './deliver-received.js';
import { fromMessage, type Received } from './message.js';

/** A member that dies is missed after this time, and the others wait for it until then. */
const SESSION_MS = 6_000;
const REBALANCE_MS = 12_000;
const HEARTBEAT_MS = 1_000;
/** Partitions in hand at the same time. Each takes a connection to the database. */
const AT_ONCE = 4;
/** Events in one transaction. */
const BATCH = 256;
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5_000;
const STUCK_MS = 60_000;

/**
 * Feeds one service's `Delivery` from its topics. The order of a key is that of its partition, and one batch of a
 * partition is in hand at a time. Offsets are committed after the effects; what was not committed is read again.
 */
export class KafkaConsumer {
  private readonly logger = new Logger('kafka');
  private readonly loop: Loop;
  private readonly stopping = Promise.withResolvers<void>();
  private readonly inHand = new Set<Promise<void>>();
  private stopped = false;
  private progress = 0;
  private progressSeen = 0;
  private idleWithWorkSince: number | undefined;
  private watch: NodeJS.Timeout | undefined;
  readonly name: string;
  /** Whether it has been told its partitions once. */
  assigned = false;
  connected = false;
  /** Whether it stands still although the broker is there and has something for it. */
  stuck = false;

  constructor(
    private readonly broker: Broker,
    private readonly events: ServiceEvents,
  ) {
    this.name = `${events.service} consumer`;
    this.loop = new Loop(this.name, () => this.live());
  }

  start(): void {
    this.loop.start();
    this.watch = setInterval(() => void this.look(), STUCK_MS / 4).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    this.stopped = true;
    this.stopping.resolve();
    await this.loop.stop();
  }

  /** The life of one member of the group, to its end: an error that it does not mend itself, or `stop`. */
  private async live(): Promise<number> {
    const consumer = this.broker.kafka.consumer({
      groupId: this.group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      // Who has given up begins again from nothing: the library's own restart may leave it up but deaf.
      retry: { ...patience, restartOnFailure: () => Promise.resolve(false) },
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
      await Promise.allSettled(this.inHand);
      await commits.now();
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
      partitionsConsumedConcurrently: AT_ONCE,
      eachBatch: async (payload) => {
        const batch = this.onBatch(payload, commits);
        this.inHand.add(batch);
        await batch.finally(() => this.inHand.delete(batch));
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
    // A batch may take longer than a session; and others may wait for this member to join them anew.
    let called: unknown;
    const beat = setInterval(() => void heartbeat().catch((error: unknown) => (called = error)), HEARTBEAT_MS);
    try {
      for (let from = 0; from < batch.messages.length; from += BATCH) {
        const chunk = batch.messages.slice(from, from + BATCH);
        if (!(await this.deliver(chunk, payload))) return;
        resolveOffset(chunk.at(-1)?.offset ?? '');
        commits.soon(payload);
        if (called) throw called as Error;
      }
    } finally {
      clearInterval(beat);
    }
  }

  /** Repeats until everything is done with. False if that is somebody else's task by then, or the next start's. */
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
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
    return false;
  }

  /** Returns what must be delivered again. A database that is away has been reported where it was missed. */
  private async deliverOnce(received: readonly Received[], source: string): Promise<readonly Received[]> {
    try {
      return await deliverReceived(this.events.delivery, received, source);
    } catch (error) {
      // A database that is away is not cured by a restart.
      if (isTransient(error)) this.progressed();
      this.logger.warn(`${this.events.service}: ${(error as Error).message}; delivery is repeated`);
      return received;
    }
  }

  private progressed(): void {
    this.progress++;
    this.stuck = false;
  }

  /** Stuck is who has had work for a minute and done nothing of it. A broker that does not answer is no such case. */
  private async look(): Promise<void> {
    const { service, delivery } = this.events;
    const since = this.progressSeen;
    this.progressSeen = this.progress;
    // Whoever gets on need not be asked about.
    const ask = () => this.broker.administrate((admin) => lagOfGroup(this.broker, admin, this.group, delivery.topics));
    const lag = since === this.progress ? await ask().catch(() => []) : [];
    const hasWork = lag.some(({ behind }) => behind > 0) && since === this.progress;
    this.idleWithWorkSince = hasWork ? (this.idleWithWorkSince ?? performance.now()) : undefined;
    this.stuck = hasWork && performance.now() - (this.idleWithWorkSince ?? Infinity) > STUCK_MS;
    if (this.stuck) this.logger.error(`The consumer of ${service} has come to a halt.`);
  }
}
