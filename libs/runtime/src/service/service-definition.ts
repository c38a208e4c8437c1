import type { INestApplicationContext, Type } from '@nestjs/common';
import type { z } from 'zod';
import type { KeySource } from '../auth/verification-keys.js';

/** Describes a service to the process that runs it. */
export interface ServiceDefinition {
  readonly name: string;
  /** Summary of its routes, for the API page. */
  readonly summary: string;
  readonly module: Type;
  /** Folder of its migrations, if it is not `apps/<name>/prisma/migrations`. */
  readonly migrations?: string;
  /** Whether it encrypts with MASTER_KEY: then the process needs one. */
  readonly usesMasterKey?: boolean;
  /** The keys that verify access tokens; only set by the one service that makes them. */
  readonly keySource?: (app: INestApplicationContext) => KeySource;
  /** Its own settings; injected with all others as RUNTIME_SETTINGS. */
  readonly settings?: z.ZodRawShape;
}

/** The settings of several services together. */
export function settingsOf(services: readonly ServiceDefinition[]): z.ZodRawShape {
  return Object.assign({}, ...services.map((service) => service.settings ?? {})) as z.ZodRawShape;
}
