export { Limiter } from './limiter.js';
export type { Allowance, LimiterState } from './limiter.js';
