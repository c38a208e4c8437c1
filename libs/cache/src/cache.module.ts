import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseModule } from '#database';
import { Broadcast, MemoryBroadcast } from './broadcast.js';
import { Cache } from './cache.js';
import { CacheStore } from './cache-store.js';
import { Epochs } from './epochs.js';
import { Limiters } from './limiters.js';
import { MemoryCacheStore } from './memory-cache.store.js';
import { RedisBroadcast } from './redis/redis-broadcast.js';
import { RedisCacheStore } from './redis/redis-cache.store.js';
import { RedisConnection } from './redis/redis-connection.js';
import { CACHE_SETTINGS, type CacheSettings } from './settings.js';

const MIB = 1_048_576;
/** Injection token: a RedisConnection, or null without REDIS_URL. */
const REDIS = Symbol('REDIS');

/** Closes the Redis connections after the last request and the last event handler. */
@Injectable()
class RedisShutdown implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: RedisConnection | null,
    private readonly broadcast: Broadcast,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.broadcast.close();
    this.redis?.close();
  }
}

@Module({})
export class CacheModule {
  /** The providers that the services of a process share: in Redis if REDIS_URL is set, otherwise in memory. */
  static forRoot({ REDIS_URL: url, ...settings }: CacheSettings): DynamicModule {
    return {
      module: CacheModule,
      global: true,
      providers: [
        { provide: CACHE_SETTINGS, useValue: settings },
        {
          provide: REDIS,
          useFactory: () => (url ? RedisConnection.to(url, settings.REDIS_NAMESPACE, settings.REDIS_CA_FILE) : null),
        },
        {
          provide: CacheStore,
          useFactory: (redis: RedisConnection | null) =>
            redis ? new RedisCacheStore(redis) : new MemoryCacheStore(settings.CACHE_SIZE * MIB),
          inject: [REDIS],
        },
        {
          provide: Limiters,
          useFactory: (redis: RedisConnection | null) => new Limiters(redis ?? undefined),
          inject: [REDIS],
        },
        {
          provide: Broadcast,
          useFactory: (redis: RedisConnection | null) => (redis ? new RedisBroadcast(redis) : new MemoryBroadcast()),
          inject: [REDIS],
        },
        RedisShutdown,
      ],
      exports: [CACHE_SETTINGS, CacheStore, Limiters, Broadcast],
    };
  }

  /** The cache of one service. */
  static forService(service: string): DynamicModule {
    return {
      module: CacheModule,
      imports: [DatabaseModule.forService(service)],
      providers: [Cache, Epochs],
      exports: [Cache],
    };
  }
}
