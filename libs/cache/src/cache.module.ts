import { type DynamicModule, Module } from '@nestjs/common';
import { DatabaseModule } from '#database';
import { Cache } from './cache.js';
import { CacheStore } from './cache-store.js';
import { MemoryCacheStore } from './memory-cache.store.js';
import { CACHE_SETTINGS, type CacheSettings } from './settings.js';

const MIB = 1_048_576;

@Module({})
export class CacheModule {
  /** What the services of a process share. */
  static forRoot(settings: CacheSettings): DynamicModule {
    return {
      module: CacheModule,
      global: true,
      providers: [
        { provide: CACHE_SETTINGS, useValue: settings },
        { provide: CacheStore, useFactory: () => new MemoryCacheStore(settings.CACHE_SIZE * MIB) },
      ],
      exports: [CACHE_SETTINGS, CacheStore],
    };
  }

  /** One service's cached copies. */
  static forService(service: string): DynamicModule {
    return {
      module: CacheModule,
      imports: [DatabaseModule.forService(service)],
      providers: [Cache],
      exports: [Cache],
    };
  }
}
