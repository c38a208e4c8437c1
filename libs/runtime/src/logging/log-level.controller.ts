import { Body, Controller, Get, Inject, Put, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { assertOperator, isLocal } from '../http/operations-port.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';
import { type LogLevel, logLevels, ProcessLog } from './logger.js';

/** Errors are always written: who hides them hides what else they do. */
const Level = z.strictObject({ level: z.enum(logLevels).exclude(['silent', 'fatal']) });
type Level = z.infer<typeof Level>;

/**
 * The level of the log of this process, until it ends: read where the metrics are, and changed by programs on the same
 * machine only, never by a web page. In production that needs an OPS_PORT: on PORT, a proxy on this machine may look the same.
 */
@ApiExcludeController()
@Controller('log-level')
export class LogLevelController {
  constructor(
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
    private readonly log: ProcessLog,
  ) {}

  @Get()
  read(@Req() request: FastifyRequest): { data: { level: LogLevel } } {
    assertOperator(request, this.settings);
    return { data: { level: this.log.level } };
  }

  @Put()
  change(@Body({ schema: Level }) { level }: Level, @Req() request: FastifyRequest): { data: Level } {
    const { OPS_PORT, APP_ENV } = this.settings;
    const isPage = 'origin' in request.headers || 'sec-fetch-site' in request.headers;
    if (isPage || !isLocal(request) || (!OPS_PORT && APP_ENV === 'production')) throw runtimeErrors.ROUTE_NOT_FOUND();
    this.log.changeLevel(level);
    return { data: { level } };
  }
}
