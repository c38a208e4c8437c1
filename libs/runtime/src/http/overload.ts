import { Injectable, Logger } from '@nestjs/common';
import { DatabaseServer } from '#database';
import type { FastifyInstance } from 'fastify';
import { isOperation } from './operations-port.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

const TICK_MS = 25;
/** How late the event loop may be for a request to be taken on. */
const LATEST_MS = 100;
/** Statements that may wait for a connection of one service. */
const MOST_WAITING = 64;
/** Requests in hand, those included that wait for the effects of a write. */
const MOST_IN_HAND = 2_000;
/** A burst is no overload: it must have gone on for so long. Once it has, the excess is refused at once. */
const GRACE_MS = 500;
/** So long after the last sign of it. */
const CALM_MS = 5_000;
const REPORT_MS = 1_000;

/**
 * Refuses what comes on top of what can be answered: at once, before anything is done for it, so that those who are taken
 * on are answered in time. Health and other operations are never refused.
 */
@Injectable()
export class Overload {
  private readonly logger = new Logger('overload');
  private inHand = 0;
  private tickAt = performance.now();
  private busySince: number | undefined;
  private lastBusyAt = -Infinity;
  private overloaded = false;
  private refused = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: DatabaseServer) {}

  observe(server: FastifyInstance): void {
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    server.addHook('onRequest', (request, reply, done) => {
      if (!isOperation(request) && this.reason) {
        this.report();
        done(runtimeErrors.OVERLOADED());
        return;
      }
      this.inHand++;
      // However it ends: a client that goes away gets no answer.
      reply.raw.once('close', () => this.inHand--);
      done();
    });
    server.addHook('onClose', (_server, done) => {
      clearInterval(this.timer);
      done();
    });
  }

  private tick(): void {
    const now = performance.now();
    if (this.strain) {
      this.busySince ??= now;
      this.lastBusyAt = now;
      if (now - this.busySince > GRACE_MS) this.overloaded = true;
    } else {
      this.busySince = undefined;
      if (now - this.lastBusyAt > CALM_MS) this.overloaded = false;
    }
    this.tickAt = now;
  }

  /** Why a request is not taken on at this moment; undefined if it is. */
  private get reason(): string | undefined {
    if (this.overloaded) return this.strain;
    return this.inHand > MOST_IN_HAND ? 'too many requests are in hand' : undefined;
  }

  /** What there is too much of at this moment. */
  private get strain(): string | undefined {
    if (performance.now() - this.tickAt > TICK_MS + LATEST_MS) return 'the event loop is late';
    if (this.server.databases.some(({ pool }) => pool.waitingCount > MOST_WAITING))
      return 'too many wait for the database';
    return undefined;
  }

  /** One line a second, however many. */
  private report(): void {
    if (this.refused++ > 0) return;
    const reason = this.reason ?? 'it has just ended';
    setTimeout(() => {
      this.logger.warn(`Refused ${this.refused} requests: ${reason}.`);
      this.refused = 0;
    }, REPORT_MS).unref();
  }
}
