import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DatabaseAway, isUnavailable } from '#database';
import { problemBody } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import type { RuntimeSettings } from '../settings/settings.js';
import { newTraceId } from './trace.js';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;

/**
 * Repeats `work` until the databases that it needs are there. A process that ended instead would be started again and
 * again; this one is alive meanwhile, says what is missing, and is not ready.
 */
export async function retryUntilDatabaseReady<T>(work: () => Promise<T>, settings: RuntimeSettings): Promise<T> {
  const logger = new Logger('database');
  let room: Server | undefined;
  for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS)) {
    try {
      const result = await work();
      if (room) await closed(room);
      return result;
    } catch (error) {
      if (!(error instanceof DatabaseAway || isUnavailable(error))) throw error;
      logger.warn(`${(error as Error).message} Trying again in ${backoff} ms.`);
      room ??= serveStartupHealth(settings);
      await delay(backoff);
    }
  }
}

/** Endpoint on the port where health is asked for; where that is another one, the port of the API stays closed. */
function serveStartupHealth({ OPS_PORT, PORT, HOST }: RuntimeSettings): Server {
  const server = createServer(({ url = '/' }, response) => {
    const alive = url.split('?')[0] === '/health/live';
    const traceId = newTraceId();
    const problem = runtimeErrors.UNAVAILABLE('The database of this service is away.');
    const body = alive ? { status: 'ok', missing: [] } : problemBody(problem, url, traceId);
    response.writeHead(alive ? 200 : 503, {
      'content-type': alive ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
      'x-trace-id': traceId,
      connection: 'close',
      ...(alive ? {} : { 'retry-after': '1' }),
    });
    response.end(JSON.stringify(body));
  });
  // Whoever took the port in the meantime is told of when the process would listen itself.
  server.on('error', () => undefined);
  return server.listen(OPS_PORT ?? PORT, HOST);
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
