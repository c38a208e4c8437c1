import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { DatabaseServer } from '#database';
import type { FastifyInstance } from 'fastify';
import { answerFirst } from '../cached-reads/answer-first.js';
import { shed } from '../metrics/http-metrics.js';
import { isOperationsPath } from './operations-port.js';

const TICK_MS = 25;
/** Event loop lag above which requests are refused. */
const MAX_LAG_MS = 100;
/** With fewer requests in flight, the lag has other causes, such as other processes: refusing requests would not help. */
const MIN_IN_FLIGHT = 32;
/** Number of statements waiting for a connection of one service above which requests are refused. */
const MAX_WAITING = 64;
/** Maximum number of requests in flight, including those that wait for the effects of a write. */
const MAX_IN_FLIGHT = 2_000;
/** Saturation for longer than this is an overload, a shorter burst is not. Then the excess is refused at once. */
const GRACE_MS = 500;
/** An overload ends when there was no saturation for this long. */
const RECOVERY_MS = 5_000;
const REPORT_MS = 1_000;

/**
 * Load shedding: refuses excess requests at once, before any work is done for them, so that accepted requests are
 * answered in time. Health and other operations routes are never refused.
 *
 * The decision is made before Fastify sees the request: with routing, hooks and reply, a refusal would take almost
 * twice the CPU time, which is then missing for the accepted requests.
 */
@Injectable()
export class Overload {
  private readonly logger = new Logger('overload');
  private inFlight = 0;
  private tickAt = performance.now();
  private busySince: number | undefined;
  private lastBusyAt = -Infinity;
  private overloaded = false;
  private refused = 0;
  private timer: NodeJS.Timeout | undefined;
  private name = '';

  constructor(private readonly server: DatabaseServer) {}

  /** `refuse` answers a request that is not accepted; `name` is that of the process. */
  observe(server: FastifyInstance, name: string, refuse: RequestListener): void {
    this.name = name;
    shed.add({ service: name }, 0);
    this.guard(server.server, refuse);
    server.addHook('onClose', (_server, done) => {
      this.stopTicking();
      done();
    });
  }

  private guard(server: Server, refuse: RequestListener): void {
    answerFirst(server, (accept) => (request, response) => {
      if (this.reason && isRefusable(request)) {
        this.report();
        refuse(request, response);
        return;
      }
      this.inFlight++;
      this.startTicking();
      // 'close' is emitted in any case, also if the client disconnects before the response.
      response.once('close', () => this.inFlight--);
      accept(request, response);
    });
  }

  /** The lag matters only while there are requests: an idle process would wake up forty times a second for nothing. */
  private startTicking(): void {
    if (this.timer) return;
    this.tickAt = performance.now();
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  private stopTicking(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    const now = performance.now();
    if (this.saturation) {
      this.busySince ??= now;
      this.lastBusyAt = now;
      if (now - this.busySince > GRACE_MS) this.overloaded = true;
    } else {
      this.busySince = undefined;
      if (now - this.lastBusyAt > RECOVERY_MS) this.overloaded = false;
    }
    this.tickAt = now;
    if (this.inFlight === 0 && !this.overloaded) this.stopTicking();
  }

  /** Why a request is refused at this moment; undefined if it is accepted. */
  private get reason(): string | undefined {
    if (this.overloaded) return this.saturation;
    return this.inFlight > MAX_IN_FLIGHT ? 'too many requests are in flight' : undefined;
  }

  /** Which resource is saturated at this moment, if any. */
  private get saturation(): string | undefined {
    const isLagging = performance.now() - this.tickAt > TICK_MS + MAX_LAG_MS;
    if (isLagging && this.inFlight >= MIN_IN_FLIGHT) return 'the event loop is lagging';
    if (this.server.databases.some(({ pool }) => pool.waitingCount > MAX_WAITING))
      return 'too many statements wait for a database connection';
    return undefined;
  }

  /** Logs the number of refused requests, at most one line per second. */
  private report(): void {
    shed.add({ service: this.name });
    if (this.refused++ > 0) return;
    const reason = this.reason ?? 'the overload has just ended';
    setTimeout(() => {
      this.logger.warn(`Refused ${this.refused} requests: ${reason}.`);
      this.refused = 0;
    }, REPORT_MS).unref();
  }
}

/** A preflight is not refused: without its answer, a browser does not show the 503 to the page. */
function isRefusable({ method, url = '', headers }: IncomingMessage): boolean {
  const isPreflight = method === 'OPTIONS' && 'access-control-request-method' in headers;
  return !isPreflight && !isOperationsPath(url);
}
