import { z } from 'zod';

/** The settings of the monolith itself. */
export const monolithSettings = {
  DEMO: z
    .enum(['on', 'off'])
    .default('on')
    .describe('Whether the first start in development publishes the guide as posts of demo authors.'),
};
