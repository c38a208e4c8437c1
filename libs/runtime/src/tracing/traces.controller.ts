import { Controller, Get, Param, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { recentTraces, type TraceSpan } from '#telemetry';
import type { FastifyRequest } from 'fastify';
import { isLocal } from '../http/operations-port.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** The traces that a process keeps in development, for `npm run trace`. Only for programs on the same machine. */
@ApiExcludeController()
@Controller('traces')
export class TracesController {
  /** `last` is the trace of the last request to the API. */
  @Get(':id')
  find(@Param('id') id: string, @Req() request: FastifyRequest): { data: readonly TraceSpan[] } {
    const traces = recentTraces();
    if (!traces || !isLocal(request)) throw runtimeErrors.ROUTE_NOT_FOUND();
    return { data: traces.find(id) ?? [] };
  }
}
