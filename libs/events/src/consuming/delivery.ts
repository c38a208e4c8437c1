import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { nameOf } from '#contracts';
import { Database, isTransient } from '#database';
import { withCause } from '../cause.js';
import type { Consumer } from './consumer.js';
import { DeadLetters, type Refused } from './dead-letters.js';
import { DeliveryMarks } from './delivery-marks.js';
import { EventClock } from '../event-clock.js';
import { type Event, type EventRecord, openRecord } from '../event.js';
import { failpoint } from '../failpoints.js';
import { type Delivered, Inbox, type Outcome } from './inbox.js';
import { Parked } from './parked.js';
import { SequenceGaps } from './sequence-gaps.js';

const MOST_REPEATS = 20;
const REPEAT_MS = 250;

/** One event for one consumer, opened; or why it cannot be. */
interface Item extends Delivered {
  readonly consumer: Consumer;
  readonly event?: Event<unknown>;
  readonly fault?: string;
}

/**
 * The consuming end of every transport: makes the effects of events happen once, in order, in this service's database.
 */
@Injectable()
export class Delivery {
  private readonly logger = new Logger('delivery');
  private consumers: readonly Consumer[] = [];
  /** By the name of the event, without its version. */
  private concerned: ReadonlyMap<string, readonly Consumer[]> = new Map();
  /** Sources of which a batch with something new has committed since their last assignment. */
  private readonly proven = new Set<string>();

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

  /** What its consumers listen to. */
  get topics(): readonly string[] {
    const contracts = this.consumers.flatMap((consumer) => [...consumer.contracts.values()]);
    return [...new Set(contracts.map(({ topic }) => topic))];
  }

  bind(consumers: readonly Consumer[]): void {
    this.consumers = consumers;
    const namesOf = (consumer: Consumer) => new Set([...consumer.contracts.keys()].map(nameOf));
    const pairs = consumers.flatMap((consumer) => [...namesOf(consumer)].map((name) => ({ name, consumer })));
    const byName = Map.groupBy(pairs, ({ name }) => name);
    this.concerned = new Map([...byName].map(([name, group]) => [name, group.map(({ consumer }) => consumer)]));
  }

  /** Call it when this process was assigned what another may have delivered until then. */
  reassigned(): void {
    this.proven.clear();
    this.gaps.reset();
  }

  /**
   * Delivers a batch to every consumer of this service. Returns the ids that are done with: their effects have
   * committed, or they are parked, or dead letters. The others must be delivered again, in the same order. `source` names
   * where the batch comes from, such as a partition.
   *
   * One transaction takes the whole batch. If a handler throws, it is rolled back and each event gets one of its own, so
   * that one bad event costs the others nothing but time. The first batch of a source leaves marks while it is in hand
   * (see DeliveryMarks).
   */
  async deliver(records: readonly EventRecord[], source = ''): Promise<ReadonlySet<string>> {
    const distinct = [...Map.groupBy(records, ({ id }) => id).values()].flatMap(([first]) => first ?? []);
    this.clock.observe(distinct.map(({ time }) => time));
    const items = distinct.flatMap((record) => this.itemsOf(record));
    const inboxed = items.filter(({ consumer }) => !consumer.atLeastOnce);
    const done = this.proven.has(source) ? await this.together(inboxed) : await this.carefully(inboxed, source);
    const undone = new Set(inboxed.slice(done).map(({ record }) => record.id));
    const settled = items.filter(({ record }) => !undone.has(record.id));
    if (!(await this.repeat(settled))) return new Set();
    const ids = new Set(distinct.map(({ id }) => id).filter((id) => !undone.has(id)));
    const topics = this.topics;
    await this.gaps.observe(distinct.filter(({ id, topic }) => ids.has(id) && topics.includes(topic)));
    return ids;
  }

  /** Puts aside what a transport brought and could not read. */
  async refuse(refused: readonly Refused[]): Promise<void> {
    await this.deadLetters.addUnreadable(refused);
  }

  /** Runs one parked event that is due. Returns false if none is. */
  async retryOne(): Promise<boolean> {
    const claim = await this.parked.claim(this.consumerNames);
    const consumer = this.consumers.find((each) => each.name === claim?.consumer);
    if (!claim || !consumer) return false;
    const item = open(consumer, claim.record);
    try {
      await this.database.transaction(async () => {
        if (await this.parked.take(claim)) await this.run([item], true);
      });
      await this.repeatUntilDone(this.itemsOf(claim.record));
    } catch (error) {
      if (isTransient(error)) {
        await this.parked.giveBack(claim);
        throw error;
      }
      this.report(item, error);
      await this.parked.failAgain(item, claim.attempts, error);
    }
    return true;
  }

  /** A consumer gets the types it names; another version of the same event is for it too, and becomes a dead letter. */
  private itemsOf(record: EventRecord): Item[] {
    const concerned = this.concerned.get(nameOf(record.type)) ?? [];
    return concerned.map((consumer) => open(consumer, record));
  }

  /** How many of the items, from the first, are done with. */
  private async together(items: readonly Item[], source?: string): Promise<number> {
    if (items.length === 0) return 0;
    try {
      const fresh = await this.database.transaction(() => this.run(items));
      await failpoint('consumer.committed');
      if (source !== undefined && fresh > 0) this.proven.add(source);
      return items.length;
    } catch (error) {
      if (isTransient(error) && !isDeadlock(error)) return this.later(error);
      if (items.length > 1) {
        this.logger.warn(`A batch of ${items.length} is delivered one by one: ${(error as Error).message}`);
      }
      return this.oneByOne(items);
    }
  }

  /** Stops at the first item that must wait: those behind it may be of the same key. */
  private async oneByOne(items: readonly Item[]): Promise<number> {
    for (const [index, item] of items.entries()) {
      try {
        await this.database
          .transaction(() => this.run([item]))
          .catch(async (error: unknown) => {
            if (isTransient(error)) throw error;
            this.report(item, error);
            await this.parked.addFailed(item, error);
          });
      } catch (error) {
        this.later(error);
        return index;
      }
    }
    return items.length;
  }

  /** As `together`, for a batch that may have ended the process before. */
  private async carefully(items: readonly Item[], source: string): Promise<number> {
    if (items.length === 0) return 0;
    const ids = [...new Set(items.map(({ record }) => record.id))];
    try {
      const left = await this.marks.left(ids);
      if (left.size > 0) return await this.markedOneByOne(items, left);
      await this.marks.set(ids, false);
      const done = await this.together(items, source);
      await this.marks.clear(ids);
      return done;
    } catch (error) {
      return this.later(error);
    }
  }

  /** One that was alone in hand when a process ended has failed by that; any other gets a mark of its own. */
  private async markedOneByOne(items: readonly Item[], left: ReadonlyMap<string, { alone: boolean }>): Promise<number> {
    this.logger.warn(`A process ended with ${left.size} of these ${items.length} deliveries in hand: one by one.`);
    for (const [index, item] of items.entries()) {
      const { id } = item.record;
      if (left.get(id)?.alone) await this.parkAfterCrash(item);
      else await this.marks.set([id], true);
      if ((await this.oneByOne([item])) === 0) return index;
      const isLastOfEvent = items[index + 1]?.record.id !== id;
      if (isLastOfEvent) await this.marks.clear([id]);
    }
    return items.length;
  }

  private async parkAfterCrash(item: Item): Promise<void> {
    const { consumer, record } = item;
    const seen = await this.inbox.seen([{ consumer: consumer.name, event: record.id }]);
    if (seen.size > 0) return;
    const error = new Error('the process ended while it was being handled');
    this.report(item, error);
    await this.parked.addFailed(item, error);
  }

  /** Returns how many are fresh. */
  private async run(items: readonly Item[], parkedToo = false): Promise<number> {
    const outcomes = await this.inbox.receive(items, parkedToo);
    const having = (outcome: Outcome) => items.filter((_, index) => outcomes[index] === outcome);
    for (const item of having('behind')) await this.parked.addBehind(item);
    const fresh = having('fresh');
    for (const item of fresh) if (item.fault) await this.deadLetters.add(item, item.fault, 1);
    for (const consumer of this.consumers) {
      const events = fresh.filter((item) => item.consumer === consumer && item.event);
      if (events.length > 0) await runConsumer(consumer, events);
    }
    await failpoint('consumer.before-commit');
    return fresh.length;
  }

  /**
   * Runs the consumers that have no inbox, after the effects of the others have committed and at every delivery. False
   * if that must be repeated.
   */
  private async repeat(items: readonly Item[]): Promise<boolean> {
    for (const consumer of this.consumers) {
      const own = items.filter((item) => item.consumer === consumer && consumer.atLeastOnce && item.event);
      if (own.length === 0) continue;
      try {
        await runConsumer(consumer, own);
      } catch (error) {
        if (isTransient(error)) return this.later(error) > 0;
        for (const item of own) {
          this.report(item, error);
          await this.deadLetters.add(item, String(error), 1);
        }
      }
    }
    return true;
  }

  /** For what is not delivered again. */
  private async repeatUntilDone(items: readonly Item[]): Promise<void> {
    for (let time = 0; time < MOST_REPEATS; time++) {
      if (await this.repeat(items)) return;
      await delay(REPEAT_MS);
    }
  }

  private later(error: unknown): number {
    this.logger.warn(`Delivery is repeated: ${(error as Error).message}`);
    return 0;
  }

  private report({ consumer, record }: Item, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    const { traceparent, id: causationId } = record;
    withCause({ traceparent, causationId }, () =>
      this.logger.error(`${consumer.name} failed on ${record.type} ${causationId}: ${String(error)}`, stack),
    );
  }
}

function open(consumer: Consumer, record: EventRecord): Item {
  const contract = consumer.contracts.get(record.type);
  if (!contract) return { consumer, record, fault: `UNKNOWN_VERSION: ${consumer.name} does not know ${record.type}` };
  try {
    return { consumer, record, event: openRecord(record, contract) };
  } catch (error) {
    return { consumer, record, fault: `SCHEMA: ${(error as Error).message}` };
  }
}

/** The order of a consumer's events is kept; its batch form names no cause, since it has as many as it has events. */
async function runConsumer(consumer: Consumer, items: readonly Item[]): Promise<void> {
  const events = items.flatMap((item) => item.event ?? []);
  if (consumer.form === 'batch') {
    const traceparent = items[0]?.record.traceparent ?? null;
    return withCause({ traceparent, causationId: null }, () => consumer.run(events));
  }
  for (const [index, event] of events.entries()) {
    const traceparent = items[index]?.record.traceparent ?? null;
    await withCause({ traceparent, causationId: event.id }, () => consumer.run(event));
  }
}

/** Two batches that lock the same rows in another order would meet again; one event at a time they cannot. */
function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}
