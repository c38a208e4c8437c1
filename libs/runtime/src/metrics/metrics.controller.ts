import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { METRICS_TYPE, metricsText } from '#telemetry';
import type { FastifyRequest } from 'fastify';
import { assertOperator } from '../http/operations-port.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';

/** Metrics for Prometheus: on OPS_PORT, or without one for programs on the same machine only. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings) {}

  @Get()
  @Header('content-type', METRICS_TYPE)
  async read(@Req() request: FastifyRequest): Promise<string> {
    assertOperator(request, this.settings);
    return metricsText();
  }
}
