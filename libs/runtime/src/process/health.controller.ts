import { Controller, Get, HttpCode, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CacheStore } from '#cache';
import { DatabaseServer } from '#database';
import { EventRuntime, EventTransport } from '#events';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AccessLists } from '../access/access-lists.js';
import { Lifecycle } from './lifecycle.js';

const PING_TIMEOUT_MS = 1_000;
const LONGEST_START_S = 30;
const Verbose = z.strictObject({ verbose: z.string().optional() });

/** For whoever starts, watches and restarts the process. */
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

  /** Fails only for what a restart cures. */
  @Get('live')
  @HttpCode(200)
  live(@Res({ passthrough: true }) reply: FastifyReply) {
    const relays = this.events.all.filter(({ relay }) => relay.isStuck).map(({ service }) => `${service} relay`);
    return answer(reply, [...relays, ...this.transport.stuck], true);
  }

  /**
   * Can answer requests: its databases are there, with all migrations (the process starts only after them), and what had
   * ended when it started is known, or ten seconds have passed. Without Kafka
   * or Redis it can, too; then `verbose` names them.
   */
  @Get('ready')
  @HttpCode(200)
  async ready(
    @Query({ schema: Verbose }) query: z.infer<typeof Verbose>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const databases = await Promise.all(
      this.server.databases.map(async (each) => ((await answers(each)) ? [] : [`${each.service} database`])),
    );
    const behind = this.access.behind.map((service) => `${service} access`);
    const missing = [...databases.flat(), ...behind, ...(this.lifecycle.draining ? ['shutting down'] : [])];
    const dispensable = [...(this.transport.answers ? [] : ['kafka']), ...(this.store.answers ? [] : ['redis'])];
    return answer(reply, missing, query.verbose !== undefined, dispensable);
  }

  /** Every consumer listens; or has had the time to, so that a process without its broker is not restarted for ever. */
  @Get('startup')
  @HttpCode(200)
  startup(@Res({ passthrough: true }) reply: FastifyReply) {
    const patient = process.uptime() < LONGEST_START_S;
    const missing = this.lifecycle.started && (this.transport.listening || !patient) ? [] : ['consumers'];
    return answer(reply, missing, true);
  }
}

function answer(
  reply: FastifyReply,
  missing: readonly string[],
  verbose: boolean,
  dispensable: readonly string[] = [],
) {
  if (missing.length > 0) reply.status(503).header('retry-after', '1');
  const status = missing.length > 0 ? 'unavailable' : 'ok';
  return verbose ? { status, missing: [...missing, ...dispensable] } : { status };
}

async function answers(database: { answers(): Promise<boolean> }): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((done) => (timer = setTimeout(() => done(false), PING_TIMEOUT_MS)));
  return Promise.race([database.answers(), limit]).finally(() => clearTimeout(timer));
}
