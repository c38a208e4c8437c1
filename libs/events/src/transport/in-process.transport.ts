import { Injectable } from '@nestjs/common';
import { EventRuntime } from '../event-runtime.js';
import type { OutboxRecord } from '../outbox/outbox.js';
import { EventTransport, type Receipt } from './transport.js';

/**
 * Delivers events to the consumers of this process. Never synchronous with the writer: the events come from the outbox,
 * as with any other transport. A row is settled when the inbox row, or the parked row, of every consumer has committed.
 */
@Injectable()
export class InProcessTransport extends EventTransport {
  constructor(private readonly services: EventRuntime) {
    super();
  }

  async publish(records: readonly OutboxRecord[]): Promise<Receipt> {
    const deliveries = this.services.all.map((service) =>
      service.delivery.deliver(records, records[0]?.type.split('.')[0]),
    );
    const settledBy = await Promise.all(deliveries);
    const settled = records.filter((record) => settledBy.every((ids) => ids.has(record.id)));
    return { settled: settled.map((record) => record.position), refused: [] };
  }

  /** A row stays in its outbox until every service has consumed it. */
  async backlogOf(_service: string, topic: string): Promise<() => Promise<boolean>> {
    const owner = this.services.all.find(({ service }) => service === topic.split('.')[0]);
    const last = await owner?.outbox.lastPosition(topic);
    return async () => last === undefined || !(await owner?.outbox.hasRowUpTo(topic, last));
  }

  override get dependents(): readonly string[] {
    return this.services.consumers.map(({ name }) => name);
  }

  override reassigned(): void {
    for (const { delivery } of this.services.all) delivery.reassigned();
  }
}
