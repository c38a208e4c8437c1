import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DatabaseServer, UserError } from '#database';
import { EventRuntime, EventsServer, EventTransport } from '#events';
import type { z } from 'zod';
import { AccessLists } from '../access/access-lists.js';
import { chosenServices, faultsOfTopology } from './choose-services.js';
import { openDatabases } from './databases.js';
import { createAdapter, prepareServer } from '../http/http-server.js';
import { Lifecycle } from './lifecycle.js';
import { createLogger } from './logger.js';
import { withMasterKey } from '../settings/master-key.js';
import { serveOpenApi } from '../openapi/openapi.js';
import { serveOperations } from '../http/operations-port.js';
import { Problem } from '../problems/problem.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { Progress } from './progress.js';
import { PublishedKeys, RememberedKeys } from '../auth/published-keys.js';
import { RouteTable } from '../http/route-table.js';
import { RuntimeModule } from '../service/runtime.module.js';
import { type ServiceDefinition, settingsOf } from '../service/service-definition.js';
import { loadSettings, type RuntimeSettings } from '../settings/settings.js';
import { validationPipe } from '../validation/validation.js';
import { type KeySource, VerificationKeys } from '../auth/verification-keys.js';

const LONGEST_CATCH_UP_MS = 1_000;

export interface ProcessDefinition {
  readonly name: string;
  /** What it can run; SERVICES may choose among them. */
  readonly services: readonly ServiceDefinition[];
  /** Its own settings, beside those of its services. */
  readonly settings?: z.ZodRawShape;
  /** Its own pages, beside the routes of its services. */
  readonly controllers?: readonly Type[];
  /** The keys that verify access tokens, if they are neither those of a service of this process nor at AUTH_JWKS_URL. */
  readonly keySource?: () => KeySource;
  /** Whether its events may stay unheard: only where nobody needs them, as in a measurement of one service. */
  readonly unheard?: boolean;
  /** Runs once the process answers. */
  readonly whenListening?: (app: NestFastifyApplication, started: StartedProcess) => Promise<void>;
}

export interface StartedProcess {
  readonly settings: RuntimeSettings & Readonly<Record<string, unknown>>;
  readonly url: string;
  /** The names of its services. */
  readonly services: readonly string[];
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
  const settings = loadSettings({ ...settingsOf(definition.services), ...definition.settings }, (each) =>
    faultsOfTopology(definition, each),
  );
  const services = chosenServices(definition, settings);
  const logger = createLogger(settings.LOG_LEVEL, definition.name);
  Logger.overrideLogger(logger);
  const progress = new Progress(settings.APP_ENV === 'development');
  for (const port of [settings.PORT, settings.OPS_PORT]) if (port !== undefined) await assertPortIsFree(port, settings);
  const databases = await openDatabases(services, settings, progress);
  let app: NestFastifyApplication | undefined;
  try {
    const withKey = withMasterKey(settings, services, databases.dataFolder);
    const root = RuntimeModule.forServices(services, withKey, databases.server, definition.controllers);
    const created = await NestFactory.create<NestFastifyApplication>(root, createAdapter(settings), {
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
    stopOnSignal(created, settings, async () => {
      operations?.close();
      await databases.close();
    });
    const started: StartedProcess = {
      settings,
      url,
      services: services.map(({ name }) => name),
      embedded: databases.owned,
      say: (line) => progress.say(line),
    };
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
  definition: ProcessDefinition,
  settings: RuntimeSettings,
  ownsDatabases: boolean,
): Promise<{ url: string; operations: Server | undefined }> {
  const events = app.get(EventRuntime);
  events.ownsDatabases = ownsDatabases;
  prepareServer(app, definition.name, settings);
  app.useGlobalPipes(validationPipe);
  app.useGlobalFilters(new ProblemFilter(app.get(RouteTable)));
  app.connectMicroservice({ strategy: new EventsServer(events, app.get(EventTransport)) });
  serveOpenApi(app, definition.services);
  await app.get(VerificationKeys).start(keySourceOf(app, definition, settings));
  await app.startAllMicroservices();
  // Mostly there is nothing to catch up with; and if there is much, the port is not kept waiting for it.
  await Promise.race([app.get(AccessLists).start(), delay(LONGEST_CATCH_UP_MS, undefined, { ref: false })]);
  app.get(Lifecycle).started = true;
  await app.listen(settings.PORT, settings.HOST).catch((error: NodeJS.ErrnoException) => {
    throw explainListen(error, settings.PORT, settings.HOST);
  });
  const operations = settings.OPS_PORT ? await serveOperations(app, settings.OPS_PORT, settings.HOST) : undefined;
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), operations };
}

/** The service that makes the keys, if it is here; or else where it publishes them. */
function keySourceOf(app: NestFastifyApplication, definition: ProcessDefinition, settings: RuntimeSettings): KeySource {
  if (definition.keySource) return definition.keySource();
  const own = definition.services.find((service) => service.keySource)?.keySource?.(app);
  if (own) return own;
  const [database] = app.get(DatabaseServer).databases;
  if (!settings.AUTH_JWKS_URL || !database) throw new Error('The topology was not looked at.');
  return new RememberedKeys(new PublishedKeys(settings.AUTH_JWKS_URL), database);
}

/** Told before anything is started, and not after it. */
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
    return new UserError(`Port ${port} is in use. Stop what uses it, or set PORT to another.`);
  if (error.code === 'EACCES')
    return new UserError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL')
    return new UserError(`HOST ${host} is no address of this machine. Set HOST to one that is.`);
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
    await app.get(AccessLists).stop();
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
