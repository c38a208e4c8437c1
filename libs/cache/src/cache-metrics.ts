import { counter } from '#telemetry';

export const cacheReads = counter(
  'twofold_cache_reads_total',
  'Reads by their result: hit, miss (the reader loads the value), shared (it waits for a load that has begun) or off.',
  ['service', 'result'],
);

export const invalidations = counter('twofold_cache_invalidations_total', 'Cache keys that a change has invalidated.', [
  'service',
]);

export const newEpochs = counter(
  'twofold_cache_epochs_total',
  'Epochs begun because entries could not be removed: the cache is off meanwhile.',
  ['service'],
);
