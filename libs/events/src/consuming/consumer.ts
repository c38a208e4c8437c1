import { Catch, Controller, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { Contract } from '#contracts';
import { type Observable, throwError } from 'rxjs';
import type { Event, EventOf } from '../event.js';

/**
 * Somebody who reacts to events: one method, with an inbox, retries and dead letters of its own. `name` begins with
 * its service and is stored with each effect, so it never changes: `notifications.fan-out`.
 */
export interface Consumer {
  readonly name: string;
  readonly service: string;
  /** By type. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Whether a request that carries a Consistency-Token waits for this consumer. */
  readonly awaited: boolean;
  /** All at once, in the order given, or one by one. */
  readonly form: 'batch' | 'single';
  /** Whether it runs after the commit, at every delivery, without an inbox. */
  readonly atLeastOnce: boolean;
  run(events: Event<unknown> | readonly Event<unknown>[]): Promise<void>;
}

/** What the decorators leave for the transport strategy. */
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
 * the batch is rolled back and it is called again with one event at a time. What it emits names no cause.
 */
export function OnEvents<C extends Contract>(
  consumer: string,
  contracts: readonly C[],
  options: ConsumerOptions,
): HandlerDecorator<readonly EventOf<C>[]> {
  return declare(consumer, { contracts, ...options, form: 'batch', atLeastOnce: false });
}

/**
 * For what must follow the committed effects of events and does no harm when it is repeated, such as invalidating a cache.
 * The method is called with all events of a delivery after their transaction has committed and before they are
 * acknowledged, also when they were delivered before: a process that ends in between does not lose it. It has no inbox,
 * no transaction and no retries; if it throws for good, the events become its dead letters.
 */
export function AfterEvents<C extends Contract>(
  consumer: string,
  contracts: readonly C[],
): HandlerDecorator<readonly EventOf<C>[]> {
  return declare(consumer, { contracts, awaited: false, form: 'batch', atLeastOnce: true });
}

/** The pattern is the consumer's name: Nest chains handlers of one pattern, which would merge their inboxes. */
function declare(consumer: string, declaration: ConsumerDeclaration) {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    EventPattern(consumer, { ...declaration })(target, key, descriptor);
    UseFilters(PassErrorsOn)(target, key, descriptor);
  };
}

/** Nest would turn an error of a handler into "Internal server error"; retries and dead letters need the real one. */
@Catch()
class PassErrorsOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
