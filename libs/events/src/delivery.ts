import { Injectable, Logger } from '@nestjs/common';
import { nameOf } from '#contracts';
import { Database, isTransient } from '#database';
import { withCause } from './cause.js';
import type { Consumer } from './consumer.js';
import { DeadLetters } from './dead-letters.js';
import { type Event, type EventRecord, openRecord } from './event.js';
import { failpoint } from './failpoints.js';
import { type Delivered, Inbox, type Outcome } from './inbox.js';
import { Parked } from './parked.js';

/** One event for one consumer, opened; or why it cannot be. */
interface Item extends Delivered {
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

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly parked: Parked,
    private readonly deadLetters: DeadLetters,
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

  /**
   * Delivers a batch to every consumer of this service. Returns the ids that are done with: their effects have
   * committed, or they are parked, or dead letters. The others must be delivered again, in the same order.
   *
   * One transaction takes the whole batch. If a handler throws, it is rolled back and each event gets one of its own, so
   * that one bad event costs the others nothing but time.
   */
  async deliver(records: readonly EventRecord[]): Promise<ReadonlySet<string>> {
    const items = records.flatMap((record) => this.itemsOf(record));
    const done = await this.together(items);
    const undone = new Set(items.slice(done).map((item) => item.record.id));
    return new Set(records.map((record) => record.id).filter((id) => !undone.has(id)));
  }

  /** Puts aside what a transport brought and could not read. */
  async refuse(record: EventRecord, reason: string): Promise<void> {
    await this.deadLetters.addUnreadable(record, reason);
  }

  /** Runs one parked event that is due. Returns false if none is. */
  async retryOne(): Promise<boolean> {
    let taken: { item: Item; attempts: number } | undefined;
    try {
      return await this.database.transaction(async () => {
        const due = await this.parked.takeDue(this.consumerNames);
        const consumer = this.consumers.find((each) => each.name === due?.consumer);
        if (!due || !consumer) return false;
        taken = { item: open(consumer, due.record), attempts: due.attempts };
        await this.run([taken.item], true);
        return true;
      });
    } catch (error) {
      if (!taken || isTransient(error)) throw error;
      this.report(taken.item, error);
      await this.parked.failAgain(taken.item, taken.attempts, error);
      return true;
    }
  }

  /** A consumer hears the types it names; another version of the same event is for it too, and becomes a dead letter. */
  private itemsOf(record: EventRecord): Item[] {
    const concerned = this.concerned.get(nameOf(record.type)) ?? [];
    return concerned.map((consumer) => open(consumer, record));
  }

  /** How many of the items, from the first, are done with. */
  private async together(items: readonly Item[]): Promise<number> {
    if (items.length === 0) return 0;
    try {
      await this.database.transaction(() => this.run(items));
      await failpoint('consumer.committed');
      return items.length;
    } catch (error) {
      if (isTransient(error) && !isDeadlock(error)) return this.later(error);
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

  private async run(items: readonly Item[], parkedToo = false): Promise<void> {
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
