import { Get, type Type } from '@nestjs/common';
import { DatabaseServer } from '#database';
import { z } from 'zod';
import { Allows } from '../access/policy.js';
import { ApiController, Endpoint } from '../http/api-controller.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { Lifecycle } from '../process/lifecycle.js';
import { answersInTime } from './ping.js';

const Status = z
  .object({
    service: z.string().meta({ example: 'posts' }),
    status: z.literal('ok'),
    startedAt: z.iso.datetime().describe('When its process was started.'),
  })
  .meta({ id: 'Status' });

const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();

/** The public state of a service, where its other routes are: the operations routes are not reachable through a gateway. */
export function statusOf(service: string): Type {
  @ApiController(service, `${service}/status`)
  class StatusController {
    constructor(
      private readonly server: DatabaseServer,
      private readonly lifecycle: Lifecycle,
    ) {}

    @Get()
    @Allows('read')
    @Endpoint({
      summary: `Whether ${service} can answer requests`,
      description: 'Its database is reachable, and it is not shutting down. `X-Served-By` names the process.',
      operationId: `${service}.status`,
      status: 200,
      data: Status,
    })
    async read() {
      const own = this.server.databases.find((each) => each.service === service);
      if (this.lifecycle.draining || !own || !(await answersInTime(own)))
        throw runtimeErrors.UNAVAILABLE(`${service} cannot answer requests at the moment.`);
      return { data: { service, status: 'ok', startedAt } };
    }
  }
  return StatusController;
}
