import { Body, Delete, Get, Header, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  Account,
  Allows,
  Endpoint,
  ApiController,
  cursorMeta,
  type CurrentAccount,
  Problem,
  RateLimits,
  RUNTIME_SETTINGS,
} from '#runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  Credentials,
  OwnAccount,
  RefreshRequest,
  Registration,
  Session,
  SessionsQuery,
  TokenPair,
} from './auth.dto.js';
import { authErrors } from './auth.errors.js';
import { AuthService, type Device } from './auth.service.js';
import type { AuthSettings } from './auth.settings.js';
import { SessionsService } from './sessions/sessions.service.js';

@ApiController('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: SessionsService,
    private readonly limits: RateLimits,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
  ) {
    limits.announce('registrations', 'logins', 'wrong-passwords', 'refreshes');
  }

  @Post('register')
  @Header('cache-control', 'no-store')
  @Allows('read')
  @Endpoint({ summary: 'Opens an account', status: 201, data: TokenPair, problems: [authErrors.EMAIL_TAKEN] })
  async register(
    @Body({ schema: Registration }) body: Registration,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.limit('registrations', this.settings.REGISTRATIONS_PER_MINUTE, request.ip, reply);
    reply.header('location', '/v1/users/me');
    return { data: await this.auth.register(body, deviceOf(request)) };
  }

  @Post('login')
  @Header('cache-control', 'no-store')
  @Allows('read')
  @Endpoint({
    summary: 'Logs in with e-mail and password',
    status: 200,
    data: TokenPair,
    problems: [authErrors.INVALID_CREDENTIALS, authErrors.ACCOUNT_SUSPENDED],
  })
  async login(
    @Body({ schema: Credentials }) body: Credentials,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.limit('logins', this.settings.LOGINS_PER_MINUTE, request.ip, reply);
    // Counted per client address and e-mail: a stranger's wrong passwords do not lock the owner out elsewhere.
    const wrong = { name: 'wrong-passwords', points: this.settings.WRONG_PASSWORDS, seconds: 900 };
    const pair = `${request.ip} ${body.email}`;
    await this.limits.assertLeft(wrong, pair, reply);
    try {
      return { data: await this.auth.login(body, deviceOf(request)) };
    } catch (error) {
      const isWrong = error instanceof Problem && error.definition === authErrors.INVALID_CREDENTIALS.definition;
      if (isWrong) await this.limits.note(wrong, pair);
      throw error;
    }
  }

  @Post('refresh')
  @Header('cache-control', 'no-store')
  @Allows('read')
  @Endpoint({
    summary: 'Exchanges a refresh token for a new pair of tokens',
    status: 200,
    data: TokenPair,
    problems: [authErrors.REFRESH_TOKEN_INVALID, authErrors.REFRESH_TOKEN_REUSED],
  })
  async refresh(
    @Body({ schema: RefreshRequest }) body: RefreshRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.limit('refreshes', this.settings.REFRESHES_PER_MINUTE, request.ip, reply);
    return { data: await this.auth.refresh(body.refreshToken) };
  }

  @Post('logout')
  @Endpoint({ summary: 'Ends the current session', status: 204 })
  async logout(@Account() account: CurrentAccount): Promise<void> {
    await this.auth.logout(account);
  }

  @Get('account')
  @Endpoint({ summary: 'The account of the caller', status: 200, data: OwnAccount })
  async account(@Account() account: CurrentAccount) {
    return { data: await this.auth.account(account) };
  }

  @Get('sessions')
  @Endpoint({ summary: 'Sessions of the caller, newest first', status: 200, data: Session.array(), meta: cursorMeta })
  async listSessions(@Account() account: CurrentAccount, @Query({ schema: SessionsQuery }) query: SessionsQuery) {
    return this.sessions.list(account, query);
  }

  @Delete('sessions/:id')
  @Endpoint({ summary: 'Ends one session of the caller', status: 204, problems: [authErrors.SESSION_NOT_FOUND] })
  async endSession(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.sessions.end(account, id);
  }

  @Delete('sessions')
  @Endpoint({ summary: 'Ends all sessions of the caller except the current one', status: 204 })
  async endOtherSessions(@Account() account: CurrentAccount): Promise<void> {
    await this.sessions.endOthers(account);
  }

  private limit(name: string, points: number, key: string, reply: FastifyReply): Promise<void> {
    return this.limits.count({ name, points, seconds: 60 }, key, reply);
  }
}

function deviceOf(request: FastifyRequest): Device {
  const userAgent = request.headers['user-agent']?.slice(0, 300).replaceAll('\0', '') ?? null;
  return { userAgent, address: request.ip };
}
