import { z } from 'zod';

/** The settings of the monolith itself. */
export const monolithSettings = {
  DEMO: z
    .enum(['on', 'off'])
    .optional()
    .describe(
      'Whether the first start in development publishes the guide as posts of demo authors, whose password is public. Default: on with the embedded database and a loopback HOST, off otherwise.',
    ),
};
