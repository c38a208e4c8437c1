import { type DynamicModule, Module } from '@nestjs/common';
import { Database } from './database.js';
import { DatabaseServer } from './database-server.js';

/** Gives a service its own `Database`. The process provides one `DatabaseServer` for all. */
@Module({})
export class DatabaseModule {
  static forRoot(server: DatabaseServer): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [{ provide: DatabaseServer, useValue: server }],
      exports: [DatabaseServer],
    };
  }

  static forService(service: string): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: Database, useFactory: (server: DatabaseServer) => server.open(service), inject: [DatabaseServer] },
      ],
      exports: [Database],
    };
  }
}
