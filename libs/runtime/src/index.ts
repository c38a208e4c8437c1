export { AccessControl } from './access/access-control.js';
export type { VerifiedToken } from './access/access-control.js';
export { Allows, may, policy } from './access/policy.js';
export type { Permission } from './access/policy.js';
export { tokenProfile } from './access-tokens.js';
export { Answers, ApiController } from './api-controller.js';
export { Account, roles } from './current-account.js';
export type { CurrentAccount, Role } from './current-account.js';
export { describeServices } from './describe-services.js';
export { Idempotent } from './idempotency.interceptor.js';
export { idOr, isId } from './ids.js';
export { libraryMigrations } from './library-migrations.js';
export {
  cursorTime,
  cursorMeta,
  cursorPage,
  cursorQuery,
  decodeCursor,
  MOST_COUNTED,
  numberedPage,
  numberedQuery,
  pageMeta,
  pageQuery,
  searchQuery,
} from './lists.js';
export type { Position } from './lists.js';
export { catalogue, Problem } from './problem.js';
export { Problems } from './problem-responses.js';
export { RateLimits } from './rate-limits.js';
export { Progress } from './progress.js';
export { endWith, runService } from './run-service.js';
export type { ProcessDefinition, StartedProcess } from './run-service.js';
export { runtimeErrors } from './runtime.errors.js';
export type { ServiceDefinition } from './service-definition.js';
export { ServiceModule } from './service.module.js';
export { loadSettings, RUNTIME_SETTINGS, settingsShape } from './settings.js';
export type { RuntimeSettings } from './settings.js';
export { imageUrl, invalid, line, text } from './validation.js';
export type { KeySource } from './verification-keys.js';
export { visitServices } from './visit-services.js';
export { IfMatch, render, Versioned } from './versioned.js';
export type { Precondition, Rendered } from './versioned.js';
