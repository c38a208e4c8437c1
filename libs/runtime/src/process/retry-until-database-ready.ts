import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DatabaseUnreachable, isUnavailable } from '#database';
import { problemBody } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import type { RuntimeSettings } from '../settings/settings.js';
import { newTraceId } from '../tracing/trace.js';

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;

/**
 * Retries `work` with backoff until its databases are available. A process that exited instead would be restarted again
 * and again. Meanwhile the liveness probe succeeds, and every other request gets 503 with the reason.
 */
export async function retryUntilDatabaseReady<T>(work: () => Promise<T>, settings: RuntimeSettings): Promise<T> {
  const logger = new Logger('database');
  let healthServer: Server | undefined;
  for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
    try {
      const result = await work();
      if (healthServer) await closed(healthServer);
      return result;
    } catch (error) {
      if (!(error instanceof DatabaseUnreachable || isUnavailable(error))) throw error;
      logger.warn(`${(error as Error).message} Retrying in ${backoff} ms.`);
      healthServer ??= serveStartupHealth(settings);
      await delay(backoff);
    }
  }
}

/** Serves health on OPS_PORT, or on PORT if OPS_PORT is not set. With OPS_PORT the port of the API stays closed. */
function serveStartupHealth({ OPS_PORT, PORT, HOST }: RuntimeSettings): Server {
  const server = createServer(({ url = '/' }, response) => {
    const isLiveness = url.split('?')[0] === '/health/live';
    const traceId = newTraceId();
    const problem = runtimeErrors.UNAVAILABLE('The database of this service is unavailable.');
    const body = isLiveness ? { status: 'ok', missing: [] } : problemBody(problem, url, traceId);
    response.writeHead(isLiveness ? 200 : 503, {
      'content-type': isLiveness ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
      'x-trace-id': traceId,
      connection: 'close',
      ...(isLiveness ? {} : { 'retry-after': '1' }),
    });
    response.end(JSON.stringify(body));
  });
  // If the port is in use, the process reports it later, when it listens itself.
  server.on('error', () => undefined);
  return server.listen(OPS_PORT ?? PORT, HOST);
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
