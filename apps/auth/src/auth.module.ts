import { Module } from '@nestjs/common';
import { Database, prismaAdapter } from '#database';
import { ServiceModule } from '#runtime';
import { AccountsService } from './accounts.service.js';
import { AuthController } from './auth.controller.js';
import { AuthRepository } from './auth.repository.js';
import { AuthService } from './auth.service.js';
import { PrismaClient } from './generated/client.js';
import { JwksController } from './jwks.controller.js';
import { Passwords } from './passwords.js';
import { RefreshTokens } from './refresh-tokens.js';
import { SessionsService } from './sessions.service.js';
import { SigningKeys } from './signing-keys.js';

const expiredTokens = { table: 'refresh_tokens', where: 'expires_at < now()' };
const forgottenSessions = {
  table: 'sessions',
  where: 'not exists (select from refresh_tokens t where t.session_id = sessions.id)',
};

/** Accounts, their sessions, and the keys that sign access tokens. */
@Module({
  imports: [ServiceModule.forService('auth', { housekeeping: [expiredTokens, forgottenSessions] })],
  controllers: [AuthController, JwksController],
  providers: [
    AccountsService,
    AuthService,
    AuthRepository,
    Passwords,
    RefreshTokens,
    SessionsService,
    SigningKeys,
    {
      provide: PrismaClient,
      useFactory: (database: Database) => new PrismaClient({ adapter: prismaAdapter(database) }),
      inject: [Database],
    },
  ],
})
export class AuthModule {}
