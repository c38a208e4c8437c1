import type { Type } from '@nestjs/common';
import type { z } from 'zod';

/** What a service's door tells whoever runs it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly module: Type;
  /** Its own settings; injected with all others as RUNTIME_SETTINGS. */
  readonly settings?: z.ZodRawShape;
}
