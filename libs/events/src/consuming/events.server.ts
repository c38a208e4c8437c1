import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Consumer, ConsumerDeclaration } from './consumer.js';
import type { EventRuntime } from '../event-runtime.js';
import type { EventTransport } from '../transport/transport.js';

/**
 * Receives the handlers that Nest has discovered: each becomes a consumer of its service. Relays and retries run
 * between `listen` and `close`.
 */
export class EventsServer extends Server implements CustomTransportStrategy {
  /** Stops Nest from logging handler errors: Delivery logs them when it parks or dead-letters the event. */
  override readonly propagatesEventHandlerErrors = true;

  constructor(
    private readonly services: EventRuntime,
    private readonly transport: EventTransport,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const consumers = [...this.messageHandlers].map(([name, handler]) => toConsumer(name, handler));
    this.services
      .start(consumers)
      .then(() => this.transport.listen())
      .then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await this.services.stop();
    await this.transport.close();
  }

  override on(): never {
    throw new Error('EventsServer does not support on().');
  }

  override unwrap(): never {
    throw new Error('EventsServer does not support unwrap().');
  }
}

function toConsumer(name: string, handler: MessageHandler): Consumer {
  if (handler.next) throw new Error(`Two event handlers are named ${name}. Give each a unique name.`);
  const { contracts, awaited, form, atLeastOnce } = handler.extras as unknown as ConsumerDeclaration;
  const [service = ''] = name.split('.');
  return {
    name,
    service,
    awaited,
    form,
    atLeastOnce,
    contracts: new Map(contracts.map((contract) => [contract.type, contract])),
    run: async (events) => {
      const result: unknown = await handler(events);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    },
  };
}
