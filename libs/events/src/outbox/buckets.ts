export const BUCKETS = 16;

/**
 * The bucket of a key. All events of a key share one, and one relay at a time publishes a bucket, which keeps them in
 * order. FNV-1a, 32 bits (Fowler, Noll, Vo). Must never change: outbox rows store it.
 */
export function bucketOf(topic: string, key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${topic}/${key}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % BUCKETS;
}
