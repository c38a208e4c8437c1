export { Cache } from './cache.js';
export { CacheModule } from './cache.module.js';
export { CacheStore } from './cache-store.js';
export { MemoryCacheStore } from './memory-cache.store.js';
export { Broadcast } from './broadcast.js';
export type { Listener } from './broadcast.js';
export { Limiters } from './limiters.js';
export type { Allowance, LimiterState } from './limiter.js';
export { cacheSettings } from './settings.js';
