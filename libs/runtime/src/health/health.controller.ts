import { Controller, Get, HttpCode, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CacheStore } from '#cache';
import { DatabaseServer } from '#database';
import { EventRuntime, EventTransport } from '#events';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AccessLists } from '../access/access-lists.js';
import { Lifecycle } from '../process/lifecycle.js';
import { answersInTime } from './ping.js';

const MAX_START_S = 30;
const Verbose = z.strictObject({ verbose: z.string().optional() });

/** Liveness, readiness and startup probes. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    private readonly server: DatabaseServer,
    private readonly events: EventRuntime,
    private readonly transport: EventTransport,
    private readonly store: CacheStore,
    private readonly lifecycle: Lifecycle,
    private readonly access: AccessLists,
  ) {}

  /** Liveness: fails only for a condition that a restart fixes, such as a stuck relay or consumer. */
  @Get('live')
  @HttpCode(200)
  live(@Res({ passthrough: true }) reply: FastifyReply) {
    const relays = this.events.all.filter(({ relay }) => relay.isStuck).map(({ service }) => `${service} relay`);
    return healthResponse(reply, [...relays, ...this.transport.stuck], true);
  }

  /**
   * Readiness: the process can serve requests. Its databases are reachable, with all migrations (it starts only after
   * them), and it knows the session endings published before its start, or ten seconds have passed. Kafka and Redis are
   * not required; `verbose` names them if they are unavailable.
   */
  @Get('ready')
  @HttpCode(200)
  async ready(
    @Query({ schema: Verbose }) query: z.infer<typeof Verbose>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const databases = await Promise.all(
      this.server.databases.map(async (each) => ((await answersInTime(each)) ? [] : [`${each.service} database`])),
    );
    const notCaughtUp = this.access.notCaughtUp.map((service) => `${service} access`);
    const missing = [...databases.flat(), ...notCaughtUp, ...(this.lifecycle.draining ? ['shutting down'] : [])];
    const degraded = [...(this.transport.isReachable ? [] : ['kafka']), ...(this.store.answers ? [] : ['redis'])];
    return healthResponse(reply, missing, query.verbose !== undefined, degraded);
  }

  /** Startup: every consumer listens, or 30 s have passed: a process without its broker is not restarted forever. */
  @Get('startup')
  @HttpCode(200)
  startup(@Res({ passthrough: true }) reply: FastifyReply) {
    const isTimedOut = process.uptime() >= MAX_START_S;
    const missing = this.lifecycle.started && (this.transport.isSubscribed || isTimedOut) ? [] : ['consumers'];
    return healthResponse(reply, missing, true);
  }
}

function healthResponse(
  reply: FastifyReply,
  missing: readonly string[],
  verbose: boolean,
  degraded: readonly string[] = [],
) {
  if (missing.length > 0) reply.status(503).header('retry-after', '1');
  const status = missing.length > 0 ? 'unavailable' : 'ok';
  return verbose ? { status, missing: [...missing, ...degraded] } : { status };
}
