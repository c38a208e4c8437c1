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
  @Endpoint({
    summary: 'Opens an account',
    description:
      'Opens an account and a first session. The profile follows in a moment; reads that send the `Consistency-Token` of this answer wait for it. A wished handle that is taken gets a number appended.',
    status: 201,
    data: TokenPair,
    problems: [authErrors.EMAIL_TAKEN],
  })
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
    description:
      'Starts a session. A wrong password and an unknown e-mail have the same answer. Wrong passwords are limited per e-mail and client address.',
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
    description:
      'The refresh token is spent. Presented again within 5 seconds, as concurrent tabs do, it gets the same refresh token; later, it ends the session: somebody may have stolen it.',
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
  @Endpoint({
    summary: 'Ends the current session',
    description:
      'The access token and the refresh token of this session are refused, by every service within two seconds.',
    status: 204,
  })
  async logout(@Account() account: CurrentAccount): Promise<void> {
    await this.auth.logout(account);
  }

  @Get('account')
  @Endpoint({
    summary: 'The account of the caller',
    description: 'Who the access token belongs to, with e-mail and role. The public profile is `GET /v1/users/me`.',
    status: 200,
    data: OwnAccount,
  })
  async account(@Account() account: CurrentAccount) {
    return { data: await this.auth.account(account) };
  }

  @Get('sessions')
  @Endpoint({
    summary: 'Sessions of the caller, newest first',
    description:
      'Where the account is logged in. `current` marks the session of this request. A session ends 30 days after its last use, and 90 days after its log-in.',
    status: 200,
    data: Session.array(),
    meta: cursorMeta,
  })
  async listSessions(@Account() account: CurrentAccount, @Query({ schema: SessionsQuery }) query: SessionsQuery) {
    return this.sessions.list(account, query);
  }

  @Delete('sessions/:id')
  @Endpoint({
    summary: 'Ends one session of the caller',
    description: 'Its tokens are refused, by every service within two seconds. It may be the current session.',
    params: { id: 'Id of the session.' },
    status: 204,
    problems: [authErrors.SESSION_NOT_FOUND],
  })
  async endSession(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.sessions.end(account, id);
  }

  @Delete('sessions')
  @Endpoint({
    summary: 'Ends all sessions of the caller except the current one',
    description:
      'After a device was lost. The tokens of those sessions are refused, by every service within two seconds.',
    status: 204,
  })
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
