import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { nameOf } from '#contracts';
import { Database, isTransient } from '#database';
import { withCause } from '../cause.js';
import type { Consumer } from './consumer.js';
import { DeadLetters, type Refused } from './dead-letters.js';
import { traceBatch, traceFault, traceProcessing, traceRetry, traceTransaction, traceWaits } from './delivery-spans.js';
import { DeliveryMarks } from './delivery-marks.js';
import { duplicates, eventDelay, handlerFailures, secondsSince } from '../event-metrics.js';
import { EventClock } from '../event-clock.js';
import { type Event, type EventRecord, parseRecord } from '../event.js';
import { failpoint } from '../failpoints.js';
import { type Delivered, Inbox, type Outcome } from './inbox.js';
import { Parked, type ParkedEvent } from './parked.js';
import { SequenceGaps } from './sequence-gaps.js';

const MAX_REPEATS = 20;
const REPEAT_DELAY_MS = 250;

/** One event for one consumer: parsed, or the reason why it cannot be. */
interface Item extends Delivered {
  readonly consumer: Consumer;
  readonly event?: Event<unknown>;
  readonly fault?: string;
}

/**
 * Delivers events from any transport to this service's consumers: effects happen once, in order, in this service's
 * database.
 */
@Injectable()
export class Delivery {
  private readonly logger = new Logger('delivery');
  private consumers: readonly Consumer[] = [];
  /** Consumers by event name, without its version. */
  private consumersByEvent: ReadonlyMap<string, readonly Consumer[]> = new Map();
  /** Sources that have committed a batch with a fresh event since their last assignment: no more marks are needed. */
  private readonly unmarkedSources = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly parked: Parked,
    private readonly deadLetters: DeadLetters,
    private readonly marks: DeliveryMarks,
    private readonly gaps: SequenceGaps,
    private readonly clock: EventClock,
  ) {}

  get consumerNames(): readonly string[] {
    return this.consumers.map((consumer) => consumer.name);
  }

  /** The topics that its consumers subscribe to. */
  get topics(): readonly string[] {
    const contracts = this.consumers.flatMap((consumer) => [...consumer.contracts.values()]);
    return [...new Set(contracts.map(({ topic }) => topic))];
  }

  bind(consumers: readonly Consumer[]): void {
    this.consumers = consumers;
    for (const { name } of consumers)
      for (const count of [duplicates, handlerFailures]) count.add({ consumer: name }, 0);
    const namesOf = (consumer: Consumer) => new Set([...consumer.contracts.keys()].map(nameOf));
    const pairs = consumers.flatMap((consumer) => [...namesOf(consumer)].map((name) => ({ name, consumer })));
    const byName = Map.groupBy(pairs, ({ name }) => name);
    this.consumersByEvent = new Map([...byName].map(([name, group]) => [name, group.map(({ consumer }) => consumer)]));
  }

  /** Call it when partitions or buckets were assigned that another process may have delivered until then. */
  reassigned(): void {
    this.unmarkedSources.clear();
    this.gaps.reset();
  }

  /**
   * Delivers a batch to every consumer of this service. Returns the ids of the settled events: their effects have
   * committed, or they are parked or dead-lettered. The others must be delivered again, in the same order. `source`
   * names where the batch comes from, such as a partition.
   *
   * One transaction handles the whole batch. If a handler throws, it is rolled back and each event gets one of its own,
   * so that a failing event only delays the others. The first batch of a source is marked while it is handled (see
   * DeliveryMarks).
   */
  async deliver(records: readonly EventRecord[], source = ''): Promise<ReadonlySet<string>> {
    const distinct = [...Map.groupBy(records, ({ id }) => id).values()].flatMap(([first]) => first ?? []);
    this.clock.observe(distinct.map(({ time }) => time));
    const items = distinct.flatMap((record) => this.itemsOf(record));
    const consumed = [...new Set(items.map(({ record }) => record))];
    return traceBatch(this.database.service, consumed, () => this.deliverItems(distinct, items, source));
  }

  private async deliverItems(
    distinct: readonly EventRecord[],
    items: readonly Item[],
    source: string,
  ): Promise<ReadonlySet<string>> {
    const inboxed = items.filter(({ consumer }) => !consumer.atLeastOnce);
    const done = this.unmarkedSources.has(source)
      ? await this.deliverBatch(inboxed)
      : await this.deliverFirstBatch(inboxed, source);
    const unsettled = new Set(inboxed.slice(done).map(({ record }) => record.id));
    const settled = items.filter(({ record }) => !unsettled.has(record.id));
    if (!(await this.runAtLeastOnce(settled))) return new Set();
    const ids = new Set(distinct.map(({ id }) => id).filter((id) => !unsettled.has(id)));
    const topics = this.topics;
    await this.gaps.observe(distinct.filter(({ id, topic }) => ids.has(id) && topics.includes(topic)));
    return ids;
  }

  /** Dead-letters messages that a transport could not read. */
  async deadLetterUnreadable(refused: readonly Refused[]): Promise<void> {
    await this.deadLetters.addUnreadable(refused);
  }

  /** Runs one parked event that is due. Returns false if none is. */
  async retryOne(): Promise<boolean> {
    const claim = await this.parked.claim(this.consumerNames);
    const consumer = this.consumers.find((each) => each.name === claim?.consumer);
    if (!claim || !consumer) return false;
    const item = toItem(consumer, claim.record);
    await traceRetry(this.database.service, claim, () => this.retry(claim, item));
    return true;
  }

  private async retry(claim: ParkedEvent, item: Item): Promise<void> {
    try {
      await traceTransaction(() =>
        this.database.transaction(async () => {
          if (await this.parked.take(claim)) await this.run([item], true);
        }),
      );
      await this.runAtLeastOnceUntilDone(this.itemsOf(claim.record));
    } catch (error) {
      if (isTransient(error)) {
        await this.parked.release(claim);
        throw error;
      }
      this.report(item, error);
      await this.parked.failAgain(item, claim.attempts, error);
    }
  }

  /** A consumer also gets other versions of the events that it handles; they become dead letters. */
  private itemsOf(record: EventRecord): Item[] {
    const consumers = this.consumersByEvent.get(nameOf(record.type)) ?? [];
    return consumers.map((consumer) => toItem(consumer, record));
  }

  /** Returns how many items, counted from the first, are settled. */
  private async deliverBatch(items: readonly Item[], source?: string): Promise<number> {
    if (items.length === 0) return 0;
    try {
      const fresh = await traceTransaction(() => this.database.transaction(() => this.run(items)));
      await failpoint('consumer.committed');
      if (source !== undefined && fresh > 0) this.unmarkedSources.add(source);
      return items.length;
    } catch (error) {
      if (isTransient(error) && !isDeadlock(error)) return this.deferred(error);
      if (items.length > 1) {
        this.logger.warn(`A batch of ${items.length} failed and is delivered one by one: ${(error as Error).message}`);
      }
      return this.deliverOneByOne(items);
    }
  }

  /** Stops at the first transient error: later items may be of the same key. */
  private async deliverOneByOne(items: readonly Item[]): Promise<number> {
    for (const [index, item] of items.entries()) {
      try {
        await traceTransaction(() => this.database.transaction(() => this.run([item]))).catch(
          async (error: unknown) => {
            if (isTransient(error)) throw error;
            this.report(item, error);
            await this.parked.addFailed(item, error);
          },
        );
      } catch (error) {
        this.deferred(error);
        return index;
      }
    }
    return items.length;
  }

  /** As `deliverBatch`, for the first batch of a source, which may have crashed an earlier process. */
  private async deliverFirstBatch(items: readonly Item[], source: string): Promise<number> {
    if (items.length === 0) return 0;
    const ids = [...new Set(items.map(({ record }) => record.id))];
    try {
      const left = await this.marks.leftByEarlierProcess(ids);
      if (left.size > 0) return await this.deliverMarked(items, left);
      await this.marks.set(ids, false);
      const done = await this.deliverBatch(items, source);
      await this.marks.clear(ids);
      return done;
    } catch (error) {
      return this.deferred(error);
    }
  }

  /** Parks an event that was delivered alone when a process crashed; any other gets a mark of its own first. */
  private async deliverMarked(items: readonly Item[], left: ReadonlyMap<string, { alone: boolean }>): Promise<number> {
    this.logger.warn(`A process crashed during this batch (${left.size} marked events): delivered one by one.`);
    for (const [index, item] of items.entries()) {
      const { id } = item.record;
      if (left.get(id)?.alone) await this.parkAfterCrash(item);
      else await this.marks.set([id], true);
      if ((await this.deliverOneByOne([item])) === 0) return index;
      const isLastOfEvent = items[index + 1]?.record.id !== id;
      if (isLastOfEvent) await this.marks.clear([id]);
    }
    return items.length;
  }

  private async parkAfterCrash(item: Item): Promise<void> {
    const { consumer, record } = item;
    const seen = await this.inbox.seen([{ consumer: consumer.name, event: record.id }]);
    if (seen.size > 0) return;
    const error = new Error('the process ended while it handled this event');
    this.report(item, error);
    await this.parked.addFailed(item, error);
  }

  /** Runs the consumers in the current transaction. Returns how many items are fresh. */
  private async run(items: readonly Item[], includeParked = false): Promise<number> {
    const outcomes = await this.inbox.receive(items, includeParked);
    const withOutcome = (outcome: Outcome) => items.filter((_, index) => outcomes[index] === outcome);
    for (const item of withOutcome('behind')) await this.parked.addBehind(item);
    const fresh = withOutcome('fresh');
    traceWaits(fresh);
    for (const item of fresh) {
      const { fault } = item;
      if (fault) await traceFault(item, fault, () => this.deadLetters.add(item, fault, 1));
    }
    for (const consumer of this.consumers) {
      const events = fresh.filter((item) => item.consumer === consumer && item.event);
      if (events.length > 0) await runConsumer(consumer, events);
    }
    await this.database.afterCommit(() => {
      for (const { consumer } of withOutcome('duplicate')) duplicates.add({ consumer: consumer.name });
      for (const item of fresh) if (item.event) measureDelay(item);
    });
    await failpoint('consumer.before-commit');
    return fresh.length;
  }

  /**
   * Runs the consumers that have no inbox, after the effects of the others have committed and at every delivery. False
   * if a transient error requires a repetition.
   */
  private async runAtLeastOnce(items: readonly Item[]): Promise<boolean> {
    for (const consumer of this.consumers) {
      const own = items.filter((item) => item.consumer === consumer && consumer.atLeastOnce && item.event);
      if (own.length === 0) continue;
      traceWaits(own);
      try {
        await runConsumer(consumer, own);
      } catch (error) {
        if (isTransient(error)) return this.deferred(error) > 0;
        for (const item of own) {
          this.report(item, error);
          await this.deadLetters.add(item, String(error), 1);
        }
      }
    }
    return true;
  }

  /** For parked events, which are not delivered again. */
  private async runAtLeastOnceUntilDone(items: readonly Item[]): Promise<void> {
    for (let time = 0; time < MAX_REPEATS; time++) {
      if (await this.runAtLeastOnce(items)) return;
      await delay(REPEAT_DELAY_MS);
    }
  }

  private deferred(error: unknown): number {
    this.logger.warn(`Transient error, delivery will be repeated: ${(error as Error).message}`);
    return 0;
  }

  private report({ consumer, record }: Item, error: unknown): void {
    handlerFailures.add({ consumer: consumer.name });
    const stack = error instanceof Error ? error.stack : undefined;
    const { traceparent, id: causationId } = record;
    withCause({ traceparent, causationId }, () =>
      this.logger.error(`${consumer.name} failed on ${record.type} ${causationId}: ${String(error)}`, stack),
    );
  }
}

function toItem(consumer: Consumer, record: EventRecord): Item {
  const contract = consumer.contracts.get(record.type);
  if (!contract) return { consumer, record, fault: `UNKNOWN_VERSION: ${consumer.name} does not handle ${record.type}` };
  try {
    return { consumer, record, event: parseRecord(record, contract) };
  } catch (error) {
    return { consumer, record, fault: `SCHEMA: ${(error as Error).message}` };
  }
}

function measureDelay({ consumer, record }: Item): void {
  eventDelay.observe({ consumer: consumer.name }, secondsSince(record.time), record.traceparent);
}

/** Runs a consumer's events in order. The batch form sets no causation id, since each of its events would be one. */
async function runConsumer(consumer: Consumer, items: readonly Item[]): Promise<void> {
  if (consumer.form === 'batch') {
    const events = items.flatMap((item) => item.event ?? []);
    return traceProcessing(items, (traceparent) =>
      withCause({ traceparent, causationId: null }, () => consumer.run(events)),
    );
  }
  for (const item of items) {
    const { event } = item;
    if (!event) continue;
    await traceProcessing([item], (traceparent) =>
      withCause({ traceparent, causationId: event.id }, () => consumer.run(event)),
    );
  }
}

/** Two batches that lock the same rows in another order would deadlock again; one event at a time they cannot. */
function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}
