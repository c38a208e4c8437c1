export { AccessControl } from './access/access-control.js';
export type { VerifiedToken } from './access/access-control.js';
export { Allows, may, policy } from './access/policy.js';
export type { Permission } from './access/policy.js';
export { tokenProfile } from './auth/access-tokens.js';
export { Endpoint, ApiController } from './http/api-controller.js';
export { Account, roles } from './auth/current-account.js';
export type { CurrentAccount, Role } from './auth/current-account.js';
export { isOpen, operationsOf } from './openapi/openapi-operations.js';
export { sampleOf } from './openapi/openapi-samples.js';
export { statusOf } from './health/status.controller.js';
export { docsFiles } from './openapi/docs-page.js';
export { describeServices } from './openapi/describe-services.js';
export { Idempotent } from './idempotency/idempotency.interceptor.js';
export { idOr, isId, nameOrCaller } from './validation/ids.js';
export { libraryMigrations } from './process/library-migrations.js';
export {
  cursorTime,
  cursorMeta,
  eitherMeta,
  cursorPage,
  cursorQuery,
  decodeCursor,
  isUsualPage,
  MAX_COUNTED,
  numberedPage,
  numberedQuery,
  pageMeta,
  pageQuery,
  searchQuery,
} from './http/lists.js';
export type { Position } from './http/lists.js';
export { catalogue, Problem } from './problems/problem.js';
export { Problems } from './problems/problem-responses.js';
export { RateLimits } from './http/rate-limits.js';
export { Progress } from './process/progress.js';
export { exitWithError, runService } from './process/run-service.js';
export type { ProcessDefinition, StartedProcess } from './process/process-definition.js';
export { runtimeErrors } from './problems/runtime.errors.js';
export type { ServiceDefinition } from './service/service-definition.js';
export type { CachedRead } from './cached-reads/cached-reads.js';
export { CachedReads } from './cached-reads/cached-reads.js';
export { ServiceModule } from './service/service.module.js';
export { loadSettings, RUNTIME_SETTINGS, settingsShape } from './settings/settings.js';
export type { RuntimeSettings } from './settings/settings.js';
export { imageUrl, invalid, invalidInput, line, text } from './validation/validation.js';
export type { KeySource } from './auth/verification-keys.js';
export { withServices } from './process/with-services.js';
export type { CommandOptions } from './process/with-services.js';
export { describeMasterKey, masterKeyFile } from './settings/master-key.js';
export type { KeyDescription } from './settings/master-key.js';
export { IfMatch, render, Versioned, withETag } from './http/versioned.js';
export type { Precondition, Rendered } from './http/versioned.js';
