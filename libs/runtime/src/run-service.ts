import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { UserError } from '#database';
import { EventServices, EventsServer } from '#events';
import type { z } from 'zod';
import { openDatabases } from './databases.js';
import { createAdapter, prepareServer } from './http-server.js';
import { Lifecycle } from './lifecycle.js';
import { createLogger } from './logger.js';
import { serveOpenApi } from './openapi.js';
import { Problem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';
import { Progress } from './progress.js';
import { RouteTable } from './route-table.js';
import { RuntimeModule } from './runtime.module.js';
import { type ServiceDefinition, settingsOf } from './service-definition.js';
import { loadSettings, type RuntimeSettings, withMasterKey } from './settings.js';
import { validationPipe } from './validation.js';
import { type KeySource, VerificationKeys } from './verification-keys.js';

export interface ProcessDefinition {
  readonly name: string;
  readonly services: readonly ServiceDefinition[];
  /** Its own settings, beside those of its services. */
  readonly settings?: z.ZodRawShape;
  /** Its own pages, beside the routes of its services. */
  readonly controllers?: readonly Type[];
  readonly keySource: (app: NestFastifyApplication) => KeySource;
  /** Runs once the process answers. */
  readonly whenListening?: (app: NestFastifyApplication, started: StartedProcess) => Promise<void>;
}

export interface StartedProcess {
  readonly settings: RuntimeSettings & Readonly<Record<string, unknown>>;
  readonly url: string;
  /** Whether its databases are its own, and nobody else's. */
  readonly embedded: boolean;
  /** Tells whoever started it a line. */
  readonly say: (line: string) => void;
}

/**
 * Runs services in this process until a signal ends it. A fault that the user can mend is one line (or a line per
 * setting) on standard error and exit code 1.
 */
export async function runService(definition: ProcessDefinition): Promise<void> {
  try {
    await start(definition);
  } catch (error) {
    endWith(error);
  }
}

/** What the user can mend is told in a line, and anything else with its stack. */
export function endWith(error: unknown): never {
  const told = error instanceof UserError || error instanceof Problem;
  process.stderr.write(`${told ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}

async function start(definition: ProcessDefinition): Promise<void> {
  const settings = loadSettings({ ...settingsOf(definition.services), ...definition.settings });
  const logger = createLogger(settings.LOG_LEVEL, definition.name);
  Logger.overrideLogger(logger);
  const progress = new Progress(settings.APP_ENV === 'development');
  await assertPortIsFree(settings);
  const databases = await openDatabases(definition.services, settings, progress);
  let app: NestFastifyApplication | undefined;
  try {
    const withKey = withMasterKey(settings, databases.dataFolder);
    const root = RuntimeModule.forServices(definition.services, withKey, databases.server, definition.controllers);
    const created = await NestFactory.create<NestFastifyApplication>(root, createAdapter(settings), {
      logger,
      bodyParser: false,
      abortOnError: false,
    });
    app = created;
    const url = await progress.step(
      'listening',
      () => listen(created, definition, settings, databases.owned),
      (at) => at,
    );
    stopOnSignal(created, settings, databases.close);
    const started = { settings, url, embedded: databases.owned, say: (line: string) => progress.say(line) };
    await definition.whenListening?.(created, started).catch((error: unknown) => {
      // Whoever stops a process that is busy with its first work wants it to stop, and it does.
      if (!created.get(Lifecycle).draining) throw error;
    });
  } catch (error) {
    await app?.close();
    await databases.close();
    throw error;
  }
}

async function listen(
  app: NestFastifyApplication,
  { keySource, services }: ProcessDefinition,
  settings: RuntimeSettings,
  ownsDatabases: boolean,
): Promise<string> {
  const events = app.get(EventServices);
  events.ownsDatabases = ownsDatabases;
  prepareServer(app);
  app.useGlobalPipes(validationPipe);
  app.useGlobalFilters(new ProblemFilter(app.get(RouteTable)));
  app.connectMicroservice({ strategy: new EventsServer(events) });
  serveOpenApi(app, services);
  await app.get(VerificationKeys).start(keySource(app));
  await app.startAllMicroservices();
  app.get(Lifecycle).started = true;
  await app.listen(settings.PORT, settings.HOST).catch((error: NodeJS.ErrnoException) => {
    throw explainListen(error, settings);
  });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

/** Told before anything is started, and not after it. */
async function assertPortIsFree(settings: RuntimeSettings): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(settings.PORT, settings.HOST), 'listening');
  } catch (error) {
    throw explainListen(error as NodeJS.ErrnoException, settings);
  }
  await once(server.close(), 'close');
}

function explainListen(error: NodeJS.ErrnoException, { PORT, HOST }: RuntimeSettings): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(`Port ${PORT} is in use. Stop what uses it, or set PORT to another.`);
  if (error.code === 'EACCES')
    return new UserError(`Port ${PORT} may not be used by this user. Set PORT to one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL')
    return new UserError(`HOST ${HOST} is no address of this machine. Set HOST to one that is.`);
  return error;
}

/** Unready, then still serving for DRAIN_DELAY, then HTTP, handlers in hand, and the databases last. */
function stopOnSignal(
  app: NestFastifyApplication,
  { DRAIN_DELAY, DRAIN_TIMEOUT }: RuntimeSettings,
  closeDatabases: () => Promise<void>,
): void {
  const lifecycle = app.get(Lifecycle);
  const stop = async (): Promise<void> => {
    if (lifecycle.draining) return;
    lifecycle.draining = true;
    await delay(DRAIN_DELAY * 1_000);
    app.get(VerificationKeys).stop();
    // Whoever has not sent the whole of a request by then, or not read its answer, is not waited for.
    const server = app.getHttpServer();
    const patience = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT * 1_000).unref();
    await app.close();
    clearTimeout(patience);
    await closeDatabases();
    process.exit(0);
  };
  const failed = (error: unknown) => {
    process.stderr.write(`Shutdown failed: ${String((error as Error).stack)}\n`);
    process.exit(1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop().catch(failed));
}
