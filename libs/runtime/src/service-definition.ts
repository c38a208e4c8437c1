import type { Type } from '@nestjs/common';
import type { z } from 'zod';

/** What a service's door tells whoever runs it. */
export interface ServiceDefinition {
  readonly name: string;
  /** What its routes are about, for the API page. */
  readonly summary: string;
  readonly module: Type;
  /** Folder of its migrations, if it is not `apps/<name>/prisma/migrations`. */
  readonly migrations?: string;
  /** Its own settings; injected with all others as RUNTIME_SETTINGS. */
  readonly settings?: z.ZodRawShape;
}

/** The settings of several services together. */
export function settingsOf(services: readonly ServiceDefinition[]): z.ZodRawShape {
  return Object.assign({}, ...services.map((service) => service.settings ?? {})) as z.ZodRawShape;
}
