import { Catch, Controller, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { Contract } from '#contracts';
import { type Observable, throwError } from 'rxjs';
import type { Event, EventOf } from '../event.js';

/**
 * A named event handler: one method with its own inbox rows, retries and dead letters. `name` begins with the name of
 * its service, such as `notifications.fan-out`. It is stored with each effect and must never change.
 */
export interface Consumer {
  readonly name: string;
  readonly service: string;
  /** By event type. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Whether a request that carries a Consistency-Token waits for this consumer. */
  readonly awaited: boolean;
  /** Whether `run` gets a whole batch, in order, or one event at a time. */
  readonly form: 'batch' | 'single';
  /** Whether it runs after the commit, at every delivery, without an inbox. */
  readonly atLeastOnce: boolean;
  run(events: Event<unknown> | readonly Event<unknown>[]): Promise<void>;
}

/** Metadata that the decorators pass to the transport strategy. */
export interface ConsumerDeclaration {
  readonly contracts: readonly Contract[];
  readonly awaited: boolean;
  readonly form: 'batch' | 'single';
  readonly atLeastOnce: boolean;
}

interface ConsumerOptions {
  readonly awaited: boolean;
}

type Handler<Argument> = TypedPropertyDescriptor<(argument: Argument) => Promise<void>>;
type HandlerDecorator<Argument> = (target: object, key: string | symbol, descriptor: Handler<Argument>) => void;

/** Marks a class whose methods consume events. */
export const EventHandler = (): ClassDecorator => Controller();

/** The method is called with one event at a time, in the consumer's transaction. */
export function OnEvent<C extends Contract>(
  consumer: string,
  contracts: readonly C[],
  options: ConsumerOptions,
): HandlerDecorator<EventOf<C>> {
  return declare(consumer, { contracts, ...options, form: 'single', atLeastOnce: false });
}

/**
 * The method is called with all new events of a batch at once, in order, in the consumer's transaction. If it throws,
 * the batch is rolled back and it is called again with one event at a time. Events that it publishes have no causation
 * id.
 */
export function OnEvents<C extends Contract>(
  consumer: string,
  contracts: readonly C[],
  options: ConsumerOptions,
): HandlerDecorator<readonly EventOf<C>[]> {
  return declare(consumer, { contracts, ...options, form: 'batch', atLeastOnce: false });
}

/**
 * For idempotent work that must follow the committed effects of events, such as invalidating a cache. The method is
 * called with all events of a delivery after their transaction has committed and before they are acknowledged, on
 * redelivery too, so that a crash in between does not skip it. It has no inbox, no transaction and no retries; if it
 * throws an error that is not transient, the events become its dead letters.
 */
export function AfterEvents<C extends Contract>(
  consumer: string,
  contracts: readonly C[],
): HandlerDecorator<readonly EventOf<C>[]> {
  return declare(consumer, { contracts, awaited: false, form: 'batch', atLeastOnce: true });
}

/** The pattern is the consumer's name: Nest chains handlers with the same pattern, which would merge their inboxes. */
function declare(consumer: string, declaration: ConsumerDeclaration) {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    EventPattern(consumer, { ...declaration })(target, key, descriptor);
    UseFilters(RethrowErrors)(target, key, descriptor);
  };
}

/** Nest would replace a handler's error by "Internal server error"; retries and dead letters need the original. */
@Catch()
class RethrowErrors implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
