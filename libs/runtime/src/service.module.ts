import { type DynamicModule, Module } from '@nestjs/common';
import { DatabaseModule } from '#database';
import { EventsModule } from '#events';
import { KNOWN_ACCOUNTS } from './own-writes.guard.js';

interface ServiceModuleOptions {
  /** SQL that selects, of the ids in $1 (uuid[]), those of accounts that this service knows, as `id`. */
  readonly knownAccounts?: string;
}

/** What every service imports: its database, its outbox and inbox, and what the general rules need of it. */
@Module({})
export class ServiceModule {
  static forService(service: string, { knownAccounts }: ServiceModuleOptions = {}): DynamicModule {
    const database = DatabaseModule.forService(service);
    const events = EventsModule.forService(service);
    return {
      module: ServiceModule,
      imports: [database, events],
      providers: [{ provide: KNOWN_ACCOUNTS, useValue: knownAccounts ?? null }],
      exports: [database, events, KNOWN_ACCOUNTS],
    };
  }
}
