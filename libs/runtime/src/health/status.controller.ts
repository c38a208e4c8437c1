import { Get, type Type } from '@nestjs/common';
import { DatabaseServer } from '#database';
import { z } from 'zod';
import { Allows } from '../access/policy.js';
import { ApiController, Endpoint } from '../http/api-controller.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { answersInTime } from './ping.js';

const statusSchema = (service: string) =>
  z
    .object({
      service: z.literal(service),
      status: z.literal('ok'),
      startedAt: z.iso.datetime().describe('When its process was started.'),
    })
    .meta({ id: `${service[0]?.toUpperCase()}${service.slice(1)}Status` });

const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();

/** The public state of a service, where its other routes are: the operations routes are not reachable through a gateway. */
export function statusOf(service: string): Type {
  @ApiController(service, `${service}/status`)
  class StatusController {
    constructor(private readonly server: DatabaseServer) {}

    @Get()
    @Allows('read')
    @Endpoint({
      summary: `Whether ${service} can answer requests`,
      description: 'Its database is reachable; otherwise 503. `X-Served-By` names the process.',
      operationId: `${service}.status`,
      status: 200,
      data: statusSchema(service),
    })
    async read() {
      const own = this.server.databases.find((each) => each.service === service);
      if (!own || !(await answersInTime(own)))
        throw runtimeErrors.UNAVAILABLE(`${service} cannot answer requests at the moment.`);
      return { data: { service, status: 'ok', startedAt } };
    }
  }
  return StatusController;
}
