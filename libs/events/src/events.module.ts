import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Database, DatabaseModule } from '#database';
import { DeadLetters } from './consuming/dead-letters.js';
import { Delivery } from './consuming/delivery.js';
import { DeliveryMarks } from './consuming/delivery-marks.js';
import { EventClock } from './event-clock.js';
import { EventRuntime } from './event-runtime.js';
import { InProcessTransport } from './transport/in-process.transport.js';
import { Inbox } from './consuming/inbox.js';
import { KafkaTransport } from './kafka/kafka.transport.js';
import { brokerOf, type KafkaSettings } from './kafka/settings.js';
import { Operations } from './operations.js';
import { Outbox } from './outbox/outbox.js';
import { Parked } from './consuming/parked.js';
import { Pruning } from './pruning.js';
import { Relay } from './outbox/relay.js';
import { Retries } from './consuming/retries.js';
import { SequenceGaps } from './consuming/sequence-gaps.js';
import { EVENTS_SETTINGS, type EventsSettings } from './settings.js';
import { EventTransport } from './transport/transport.js';

/** Registers the delivery components of one service with the process. */
@Injectable()
class Registration {
  constructor(
    services: EventRuntime,
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
  /** Providers that the services of a process share. */
  static forRoot(settings: EventsSettings & KafkaSettings): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      providers: [
        EventRuntime,
        { provide: EVENTS_SETTINGS, useValue: settings },
        {
          provide: EventTransport,
          useFactory: async (services: EventRuntime) => {
            const broker = await brokerOf(settings, 'twofold');
            return broker ? new KafkaTransport(services, broker) : new InProcessTransport(services);
          },
          inject: [EventRuntime],
        },
      ],
      exports: [EventRuntime, EVENTS_SETTINGS, EventTransport],
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
