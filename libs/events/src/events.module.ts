import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Database, DatabaseModule } from '#database';
import { DeadLetters } from './dead-letters.js';
import { Delivery } from './delivery.js';
import { DeliveryMarks } from './delivery-marks.js';
import { EventClock } from './event-clock.js';
import { EventServices } from './event-services.js';
import { InProcessTransport } from './in-process.transport.js';
import { Inbox } from './inbox.js';
import { KafkaTransport } from './kafka/kafka.transport.js';
import { brokerOf, type KafkaSettings } from './kafka/settings.js';
import { Operations } from './operations.js';
import { Outbox } from './outbox.js';
import { Parked } from './parked.js';
import { Pruning } from './pruning.js';
import { Relay } from './relay.js';
import { Retries } from './retries.js';
import { SequenceGaps } from './sequence-gaps.js';
import { EVENTS_SETTINGS, type EventsSettings } from './settings.js';
import { EventTransport } from './transport.js';

/** Makes one service's parts known to the process. */
@Injectable()
class Registration {
  constructor(
    services: EventServices,
    database: Database,
    outbox: Outbox,
    inbox: Inbox,
    delivery: Delivery,
    relay: Relay,
    retries: Retries,
    pruning: Pruning,
    clock: EventClock,
    operations: Operations,
  ) {
    services.register({
      service: database.service,
      database,
      outbox,
      inbox,
      delivery,
      relay,
      retries,
      pruning,
      clock,
      operations,
    });
  }
}

@Module({})
export class EventsModule {
  /** What the services of a process share. */
  static forRoot(settings: EventsSettings & KafkaSettings): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      providers: [
        EventServices,
        { provide: EVENTS_SETTINGS, useValue: settings },
        {
          provide: EventTransport,
          useFactory: async (services: EventServices) => {
            const broker = await brokerOf(settings, 'twofold');
            return broker ? new KafkaTransport(services, broker) : new InProcessTransport(services);
          },
          inject: [EventServices],
        },
      ],
      exports: [EventServices, EVENTS_SETTINGS, EventTransport],
    };
  }

  /** One service's outbox, relay, inbox, parked events and dead letters, in that service's database. */
  static forService(service: string): DynamicModule {
    return {
      module: EventsModule,
      imports: [DatabaseModule.forService(service)],
      providers: [
        EventClock,
        Outbox,
        Inbox,
        Parked,
        DeadLetters,
        DeliveryMarks,
        SequenceGaps,
        Delivery,
        Relay,
        Retries,
        Pruning,
        Operations,
        Registration,
      ],
      exports: [Outbox, Inbox],
    };
  }
}
