import { Module } from '@nestjs/common';
import { prismaProvider } from '#database';
import { AccessControl, ServiceModule, statusOf } from '#runtime';
import { AccountChanges } from './accounts/account-changes.js';
import { AccountChangesRepository } from './accounts/account-changes.repository.js';
import { AccountsService } from './accounts/accounts.service.js';
import { AuthAccess } from './auth-access.js';
import { AuthController } from './auth.controller.js';
import { AuthRepository } from './auth.repository.js';
import { AuthService } from './auth.service.js';
import { CommonPasswords } from './passwords/common-passwords.js';
import { PrismaClient } from './generated/prisma/client.js';
import { JwksController } from './keys/jwks.controller.js';
import { Passwords } from './passwords/passwords.js';
import { EXPIRED_SESSIONS, RefreshTokensRepository } from './sessions/refresh-tokens.repository.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SigningKeysRepository } from './keys/signing-keys.repository.js';
import { SigningKeys } from './keys/signing-keys.js';

/** Accounts, their sessions, and the keys that sign access tokens. */
@Module({
  imports: [ServiceModule.forService('auth', { housekeeping: EXPIRED_SESSIONS, ownsAccess: true })],
  controllers: [AuthController, JwksController, statusOf('auth')],
  providers: [
    AccountsService,
    AccountChanges,
    AccountChangesRepository,
    CommonPasswords,
    { provide: AccessControl, useClass: AuthAccess },
    AuthService,
    AuthRepository,
    Passwords,
    RefreshTokens,
    RefreshTokensRepository,
    SessionsService,
    SigningKeys,
    SigningKeysRepository,
    prismaProvider(PrismaClient),
  ],
})
export class AuthModule {}
