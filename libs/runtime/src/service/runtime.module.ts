import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { CacheModule } from '#cache';
import { DatabaseModule, type DatabaseServer } from '#database';
import { EventsModule } from '#events';
import { AccessLists } from '../access/access-lists.js';
import { AccessTokens } from '../auth/access-tokens.js';
import { CachedReads } from '../cached-reads/cached-reads.js';
import { CatchUp } from '../read-your-writes/catch-up.js';
import { HealthController } from '../health/health.controller.js';
import { Lifecycle } from '../process/lifecycle.js';
import { LogLevelController } from '../logging/log-level.controller.js';
import { ProcessLog } from '../logging/logger.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { Overload } from '../http/overload.js';
import { RateLimits } from '../http/rate-limits.js';
import { RouteTable } from '../http/route-table.js';
import type { ServiceDefinition } from './service-definition.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';
import { TrustedProxies } from '../settings/trusted-proxies.js';
import { TracesController } from '../tracing/traces.controller.js';
import { VerificationKeys } from '../auth/verification-keys.js';

const http = [Overload, RouteTable, RateLimits, TrustedProxies, CachedReads];
const shared = [AccessLists, VerificationKeys, AccessTokens, CatchUp, Lifecycle, ...http];

/** The root module of every process: its services, and the providers that they share. */
@Module({})
export class RuntimeModule {
  static forServices(
    services: readonly ServiceDefinition[],
    settings: RuntimeSettings,
    server: DatabaseServer,
    log: ProcessLog,
    controllers: readonly Type[] = [],
  ): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      imports: [
        DatabaseModule.forRoot(server),
        EventsModule.forRoot(settings),
        CacheModule.forRoot(settings),
        ...services.map((service) => service.module),
      ],
      controllers: [HealthController, MetricsController, LogLevelController, TracesController, ...controllers],
      providers: [{ provide: RUNTIME_SETTINGS, useValue: settings }, { provide: ProcessLog, useValue: log }, ...shared],
      exports: [RUNTIME_SETTINGS, ProcessLog, ...shared],
    };
  }
}
