import { type DynamicModule, Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { DatabaseModule, type Expired } from '#database';
import { EventsModule } from '#events';
import { AccessControl } from '../access/access-control.js';
import { AccessRepository, expiredAccess } from '../access/access.repository.js';
import { projectAccessOf } from '../access/project-access.handler.js';
import { ProjectedAccess } from '../access/projected-access.js';
import { expiredResponses, HOUSEKEEPING, Housekeeping } from './housekeeping.js';
import { KNOWN_ACCOUNTS } from '../read-your-writes/read-your-writes.guard.js';

interface ServiceModuleOptions {
  /** SQL that selects, of the ids in $1 (uuid[]), those of accounts that this service knows, as `id`. */
  readonly knownAccounts?: string;
  /** Rows that are deleted once an hour. */
  readonly housekeeping?: readonly Expired[];
  /** Whether the service owns sessions, and so provides AccessControl itself instead of using a projection. */
  readonly ownsAccess?: boolean;
}

/** Imported by every service: its database, outbox and inbox, cache, access control and housekeeping. */
@Module({})
export class ServiceModule {
  static forService(
    service: string,
    { knownAccounts, housekeeping = [], ownsAccess = false }: ServiceModuleOptions = {},
  ): DynamicModule {
    const database = DatabaseModule.forService(service);
    const events = EventsModule.forService(service);
    const cache = CacheModule.forService(service);
    return {
      module: ServiceModule,
      imports: [database, events, cache],
      controllers: ownsAccess ? [] : [projectAccessOf(service)],
      providers: [
        { provide: KNOWN_ACCOUNTS, useValue: knownAccounts ?? null },
        { provide: HOUSEKEEPING, useValue: [expiredResponses, ...expiredAccess, ...housekeeping] },
        ...(ownsAccess ? [] : [AccessRepository, { provide: AccessControl, useClass: ProjectedAccess }]),
        Housekeeping,
      ],
      exports: [database, events, cache, KNOWN_ACCOUNTS, ...(ownsAccess ? [] : [AccessControl])],
    };
  }
}
