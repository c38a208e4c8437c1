import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DatabaseServer, diskFull, UserError } from '#database';
import { EventRuntime, EventsServer, EventTransport } from '#events';
import { endTracing } from '#telemetry';
import { AccessLists } from '../access/access-lists.js';
import { chosenServices, topologyErrors } from './choose-services.js';
import { openDatabases } from './databases.js';
import { createAdapter, prepareServer } from '../http/http-server.js';
import { nameServiceOfRoutes } from '../tracing/service-of-route.js';
import { whenDrained } from './drain.js';
import { Lifecycle } from './lifecycle.js';
import { ProcessLog } from '../logging/logger.js';
import { withMasterKey } from '../settings/master-key.js';
import { serveOpenApi } from '../openapi/openapi.js';
import { serveOperations } from '../http/operations-port.js';
import { Problem } from '../problems/problem.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import type { ProcessDefinition, StartedProcess } from './process-definition.js';
import { type Closers, stopOnSignal } from './stop-on-signal.js';
import { Progress } from './progress.js';
import { PublishedKeys, StoredKeys } from '../auth/published-keys.js';
import { RouteTable } from '../http/route-table.js';
import { RuntimeModule } from '../service/runtime.module.js';
import { settingsOf } from '../service/service-definition.js';
import { loadSettings, type RuntimeSettings } from '../settings/settings.js';
import { validationPipe } from '../validation/validation.js';
import { type KeySource, VerificationKeys } from '../auth/verification-keys.js';

const MAX_CATCH_UP_MS = 1_000;
/**
 * Maximum number of connections that wait to be accepted; Linux bounds it by net.core.somaxconn. While the event loop
 * lags, the 511 of Node.js are soon exceeded. A client then gets no answer, and tries again after a second or more.
 */
const BACKLOG = 4_096;

/**
 * Runs services in this process until a signal ends it. An error that the user can fix is one line (or a line per
 * setting) on standard error and exit code 1.
 */
export async function runService(definition: ProcessDefinition): Promise<void> {
  // What reads the output may end first. That is no reason to stop less cleanly.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  try {
    await start(definition);
  } catch (error) {
    exitWithError(error);
  }
}

/** Prints the message of an error that the user can fix, or the stack of any other error, and exits with code 1. */
export function exitWithError(error: unknown): never {
  process.stderr.write(`${sentenceFor(error)}\n`);
  process.exit(1);
}

function sentenceFor(error: unknown): string {
  if (error instanceof UserError || error instanceof Problem) return error.message;
  const { code, path, stack } = error as NodeJS.ErrnoException;
  // Of the file system, and of Postgres (disk_full).
  if (code === 'ENOSPC' || code === '53100') return diskFull(path).message;
  return String(stack);
}

async function start(definition: ProcessDefinition): Promise<void> {
  const settings = loadSettings({ ...settingsOf(definition.services), ...definition.settings }, (each) =>
    topologyErrors(definition, each),
  );
  const services = chosenServices(definition, settings);
  const logger = new ProcessLog(settings, definition.name);
  Logger.overrideLogger(logger);
  const progress = new Progress(settings.APP_ENV === 'development');
  for (const port of [settings.PORT, settings.OPS_PORT]) if (port !== undefined) await assertPortIsFree(port, settings);
  const closers: Closers = [];
  const signals = stopOnSignal(closers, progress);
  const databases = await openDatabases(services, settings, progress, undefined, closers).catch(
    async (error: unknown) => {
      await signals.unlessStopping();
      throw error;
    },
  );
  let app: NestFastifyApplication | undefined;
  try {
    const withKey = withMasterKey(settings, services, databases.dataFolder);
    const root = RuntimeModule.forServices(services, withKey, databases.server, logger, definition.controllers);
    const created = await NestFactory.create<NestFastifyApplication>(root, createAdapter(definition.name, settings), {
      logger,
      bodyParser: false,
      abortOnError: false,
    });
    app = created;
    const { url, operations } = await progress.step(
      'listening',
      () => listen(created, { ...definition, services }, settings, databases.owned),
      (listening) => listening.url,
    );
    const closeDatabases = async () => {
      operations?.close();
      await databases.close();
    };
    signals.handOver(() => stop(created, settings, progress, closeDatabases));
    const started: StartedProcess = {
      settings,
      url,
      services: services.map(({ name }) => name),
      embedded: databases.owned,
      print: (line) => progress.print(line),
    };
    await definition.whenListening?.(created, started).catch((error: unknown) => {
      // During shutdown the error is ignored: the databases may be closed while this work is still running.
      if (!created.get(Lifecycle).draining) throw error;
    });
  } catch (error) {
    await signals.unlessStopping();
    await app?.close();
    await databases.close();
    throw error;
  }
}

async function listen(
  app: NestFastifyApplication,
  definition: ProcessDefinition,
  settings: RuntimeSettings,
  ownsDatabases: boolean,
): Promise<{ url: string; operations: Server | undefined }> {
  const events = app.get(EventRuntime);
  events.ownsDatabases = ownsDatabases;
  prepareServer(app, definition.name, settings);
  nameServiceOfRoutes(app, definition.services);
  app.useGlobalPipes(validationPipe);
  app.useGlobalFilters(new ProblemFilter(app.get(RouteTable)));
  app.connectMicroservice({ strategy: new EventsServer(events, app.get(EventTransport)) });
  serveOpenApi(app, definition.services);
  await app.get(VerificationKeys).start(keySourceOf(app, definition, settings));
  await app.startAllMicroservices();
  // Usually there is nothing to catch up with. If there is much, the port opens before the process is ready.
  await Promise.race([app.get(AccessLists).start(), delay(MAX_CATCH_UP_MS, undefined, { ref: false })]);
  app.get(Lifecycle).started = true;
  await app
    .listen({ port: settings.PORT, host: settings.HOST, backlog: BACKLOG })
    .catch((error: NodeJS.ErrnoException) => {
      throw explainListen(error, settings.PORT, settings.HOST);
    });
  const operations = settings.OPS_PORT
    ? await serveOperations(app, definition.name, settings.OPS_PORT, settings.HOST)
    : undefined;
  const url = await app.getUrl();
  // What listens on all addresses is shown at the one that everybody has.
  return { url: settings.HOST === '::1' ? url : url.replace('[::1]', '127.0.0.1'), operations };
}

/** The service that makes the keys, if this process runs it; otherwise the URL at which it publishes them. */
function keySourceOf(app: NestFastifyApplication, definition: ProcessDefinition, settings: RuntimeSettings): KeySource {
  if (definition.keySource) return definition.keySource();
  const own = definition.services.find((service) => service.keySource)?.keySource?.(app);
  if (own) return own;
  const [database] = app.get(DatabaseServer).databases;
  if (!settings.AUTH_JWKS_URL || !database) throw new Error('The topology was not validated.');
  return new StoredKeys(new PublishedKeys(settings.AUTH_JWKS_URL), database);
}

/** Throws a UserError if the port cannot be used. Called before anything is started. */
async function assertPortIsFree(port: number, { HOST }: RuntimeSettings): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch (error) {
    throw explainListen(error as NodeJS.ErrnoException, port, HOST);
  }
  await once(server.close(), 'close');
}

function explainListen(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(`Port ${port} is in use. Stop the process that uses it, or set PORT to another port.`);
  if (error.code === 'EACCES')
    return new UserError(`Port ${port} requires more privileges. Set PORT to a port above 1023.`);
  if (error.code === 'EADDRNOTAVAIL')
    return new UserError(`HOST ${host} is not an address of this machine. Set HOST to one of its addresses.`);
  return error;
}

/** Becomes unready, serves until the gateway has noticed, closes HTTP, finishes handlers, closes the databases, then sends the last spans. */
async function stop(
  app: NestFastifyApplication,
  { DRAIN_DELAY, DRAIN_TIMEOUT }: RuntimeSettings,
  progress: Progress,
  closeDatabases: () => Promise<void>,
): Promise<void> {
  app.get(Lifecycle).draining = true;
  const delayed = DRAIN_DELAY > 0 ? `serves for ${DRAIN_DELAY} s until the gateway has noticed, then ` : '';
  progress.print(`  stopping             ${delayed}waits for open requests and handlers, at most ${DRAIN_TIMEOUT} s`);
  const server = app.getHttpServer();
  if (DRAIN_DELAY > 0) await whenDrained(server, DRAIN_DELAY * 1_000);
  app.get(VerificationKeys).stop();
  await app.get(AccessLists).stop();
  // After DRAIN_TIMEOUT, connections with an incomplete request or an unread response are closed.
  const closeTimer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT * 1_000).unref();
  await app.close();
  clearTimeout(closeTimer);
  await closeDatabases();
  await endTracing();
}
