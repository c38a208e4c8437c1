import type { ServiceDefinition } from '#runtime';
import { AuthModule } from './auth.module.js';
import { authSettings } from './auth.settings.js';
import { SigningKeys } from './keys/signing-keys.js';

export { AccountsService } from './accounts/accounts.service.js';
export type { Account } from './auth.repository.js';
export { AuthService } from './auth.service.js';
export { ANNOUNCE_SECONDS, SigningKeys } from './keys/signing-keys.js';

export const auth: ServiceDefinition = {
  name: 'auth',
  summary: 'Accounts, log-in and sessions.',
  module: AuthModule,
  usesMasterKey: true,
  keySource: (app) => app.get(SigningKeys, { strict: false }),
  settings: authSettings,
};
