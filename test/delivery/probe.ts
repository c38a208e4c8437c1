import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { contracts } from '#contracts';
import { Database, packageRoot } from '#database';
import { type Event, EventHandler, OnEvents } from '#events';
import { type ServiceDefinition, ServiceModule } from '#runtime';

/**
 * A consumer that only stores the events it receives. It is registered with the same decorator as any other handler.
 */
@EventHandler()
class Probe {
  constructor(private readonly database: Database) {}

  @OnEvents('probe.everything', [...contracts.values()], { awaited: false })
  async handle(events: readonly Event<unknown>[]): Promise<void> {
    if (events.some(({ key }) => key === process.env['DELIVERY_THROWS_AT']))
      throw new Error('Injected failure of the probe.');
    const rows = events.map(({ id, type, key, sequence, time, data }, n) => {
      return { n, event_id: id, type, topic: contracts.get(type)?.topic, key, sequence, time, data };
    });
    await this.database.query(
      `insert into received (event_id, topic, key, sequence, type, time, data, found)
       select event_id, topic, key, sequence, type, time, data, coalesce(greatest(
         (select max(b.sequence) from received b where b.topic = h.topic and b.key = h.key),
         max(sequence) over (partition by topic, key order by n rows between unbounded preceding and 1 preceding)), 0)
       from json_to_recordset($1) as h (n int, event_id uuid, topic text, key text, sequence bigint, type text,
         time timestamptz, data json) order by n`,
      [JSON.stringify(rows)],
    );
  }
}

@Module({ imports: [ServiceModule.forService('probe')], controllers: [Probe] })
class ProbeModule {}

export const probe: ServiceDefinition = {
  name: 'probe',
  summary: 'The events that the delivery test has caused.',
  module: ProbeModule,
  migrations: join(packageRoot(), 'test/delivery/migrations'),
};
