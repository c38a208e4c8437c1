import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import type { KeySource } from '../auth/verification-keys.js';
import type { ServiceDefinition } from '../service/service-definition.js';
import type { RuntimeSettings } from '../settings/settings.js';

export interface ProcessDefinition {
  readonly name: string;
  /** The services that the process can run; SERVICES may select some of them. */
  readonly services: readonly ServiceDefinition[];
  /** Settings of the process itself, in addition to those of its services. */
  readonly settings?: z.ZodRawShape;
  /** Controllers of the process itself, in addition to those of its services. */
  readonly controllers?: readonly Type[];
  /** The keys that verify access tokens, if they are neither those of a service of this process nor at AUTH_JWKS_URL. */
  readonly keySource?: () => KeySource;
  /** Allows running without Kafka although consumers of its events are missing. Only for a benchmark of one service. */
  readonly allowMissingConsumers?: boolean;
  /** Runs once the process accepts requests. */
  readonly whenListening?: (app: NestFastifyApplication, started: StartedProcess) => Promise<void>;
}

export interface StartedProcess {
  readonly settings: RuntimeSettings & Readonly<Record<string, unknown>>;
  readonly url: string;
  /** The names of its services. */
  readonly services: readonly string[];
  /** Whether all its databases are embedded, so that only this process uses them. */
  readonly embedded: boolean;
  /** Prints a line on standard output, in development only. */
  readonly print: (line: string) => void;
}
