import { Body, Controller, Get, Inject, Put, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isLocal } from '../http/operations-port.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';
import { logLevels, ProcessLog } from './logger.js';

const Level = z.strictObject({ level: z.enum(logLevels) });
type Level = z.infer<typeof Level>;

/**
 * The level of the log of this process, until it ends: on OPS_PORT, or without one for programs on the same machine only,
 * as the metrics are.
 */
@ApiExcludeController()
@Controller('log-level')
export class LogLevelController {
  constructor(
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
    private readonly log: ProcessLog,
  ) {}

  @Get()
  read(@Req() request: FastifyRequest): { data: Level } {
    this.refuseOthers(request);
    return { data: { level: this.log.level } };
  }

  @Put()
  change(@Body({ schema: Level }) { level }: Level, @Req() request: FastifyRequest): { data: Level } {
    this.refuseOthers(request);
    this.log.level = level;
    return { data: { level } };
  }

  private refuseOthers(request: FastifyRequest): void {
    if (!this.settings.OPS_PORT && !isLocal(request)) throw runtimeErrors.ROUTE_NOT_FOUND();
  }
}
