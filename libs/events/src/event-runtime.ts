import { Injectable } from '@nestjs/common';
import type { Database } from '#database';
import { contracts } from '#contracts';
import type { Consumer } from './consuming/consumer.js';
import type { Delivery } from './consuming/delivery.js';
import type { Inbox } from './consuming/inbox.js';
import type { Loop } from './loop.js';
import type { EventClock } from './event-clock.js';
import { measureDelivery } from './event-metrics.js';
import { releaseStaleLeases } from './outbox/leases.js';
import type { Operations } from './operations.js';
import type { Outbox } from './outbox/outbox.js';
import type { Pruning } from './pruning.js';
import type { Relay } from './outbox/relay.js';
import type { Retries } from './consuming/retries.js';

/** The delivery components of one service. */
export interface ServiceEvents {
  readonly service: string;
  readonly database: Database;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly delivery: Delivery;
  readonly relay: Relay;
  readonly retries: Retries;
  readonly pruning: Pruning;
  readonly clock: EventClock;
  readonly operations: Operations;
}

/** The services of this process and their consumers. */
@Injectable()
export class EventRuntime {
  private readonly services = new Map<string, ServiceEvents>();
  private readonly workers: Loop[] = [];
  private bound: readonly Consumer[] = [];
  private measurements: readonly (() => void)[] = [];

  /** Set by a process with exclusive use of its databases: it releases stale leases instead of waiting. */
  ownsDatabases = false;

  register(service: ServiceEvents): void {
    this.services.set(service.service, service);
  }

  /** Adds background work of a service, which runs from `start` to `stop`. Call it before `start`. */
  add(worker: Loop): void {
    this.workers.push(worker);
  }

  get all(): readonly ServiceEvents[] {
    return [...this.services.values()];
  }

  get consumers(): readonly Consumer[] {
    return this.bound;
  }

  async start(consumers: readonly Consumer[]): Promise<void> {
    const misnamed = consumers.find((consumer) => !this.services.has(consumer.service));
    if (misnamed) throw new Error(`The consumer name ${misnamed.name} does not begin with a service of this process.`);
    this.bound = consumers;
    for (const each of this.all) each.delivery.bind(consumers.filter((consumer) => consumer.service === each.service));
    if (this.ownsDatabases) for (const each of this.all) await releaseStaleLeases(each.database);
    await Promise.all(this.all.map((each) => each.clock.ready()));
    await Promise.all(this.all.map((each) => each.relay.start()));
    for (const each of this.all) {
      each.clock.start();
      each.retries.start();
      each.pruning.start();
    }
    for (const worker of this.workers) worker.start();
    this.measurements = this.all.map(({ operations }) => measureDelivery(operations));
  }

  /** Resolves when the effects in progress have committed. */
  async stop(): Promise<void> {
    for (const end of this.measurements) end();
    await Promise.all(this.all.flatMap((each) => [each.relay.stop(), each.retries.stop(), each.pruning.stop()]));
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await Promise.all(this.all.map((each) => each.clock.stop()));
  }

  /**
   * The names of the consumers that must have handled an event of this type before it has taken effect in a service:
   * its awaited consumers, and those of the events that are declared as its follow-ups.
   */
  awaitedIn(service: string, type: string): string[] {
    const types = withFollowUps(type);
    const candidates = this.bound.filter((consumer) => consumer.service === service && consumer.awaited);
    return candidates
      .filter((consumer) => types.some((each) => consumer.contracts.has(each)))
      .map((consumer) => consumer.name);
  }
}

function withFollowUps(type: string): string[] {
  return [type, ...(contracts.get(type)?.followUps ?? []).flatMap(withFollowUps)];
}
