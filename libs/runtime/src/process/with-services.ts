import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isUnavailable, UserError } from '#database';
import { chosenServices } from './choose-services.js';
import { openDatabasesForCommand } from './databases.js';
import { ProcessLog } from '../logging/logger.js';
import { withMasterKey } from '../settings/master-key.js';
import { Progress } from './progress.js';
import { type Closers, interrupted, stopOnSignal } from './stop-on-signal.js';
import { RuntimeModule } from '../service/runtime.module.js';
import { type ServiceDefinition, settingsOf } from '../service/service-definition.js';
import { loadSettings } from '../settings/settings.js';

export interface CommandOptions {
  /** Whether a data folder without a platform becomes one. */
  readonly createsPlatform?: boolean;
}

/**
 * Runs a command with services but without a server, beside a running platform or without one. Does not serve requests,
 * publish or consume events: what the command emits stays in the outbox until a platform process publishes it. A signal
 * breaks the command off: what is not committed is rolled back, and the Postgres that it has started is stopped.
 */
export async function withServices<T>(
  known: readonly ServiceDefinition[],
  work: (services: INestApplicationContext) => Promise<T>,
  { createsPlatform = false }: CommandOptions = {},
): Promise<T> {
  const settings = loadSettings(settingsOf(known));
  const definitions = chosenServices({ services: known }, settings);
  const logger = new ProcessLog({ ...settings, LOG_LEVEL: 'warn' }, 'ops', 2);
  Logger.overrideLogger(logger);
  const progress = new Progress(false);
  const closers: Closers = [];
  const signals = stopOnSignal(closers, progress, interrupted);
  const opening = openDatabasesForCommand(definitions, settings, progress, createsPlatform, closers);
  const databases = await opening.catch(async (error: unknown) => {
    await signals.unlessStopping();
    throw error;
  });
  let app: INestApplicationContext | undefined;
  try {
    const root = RuntimeModule.forServices(
      definitions,
      withMasterKey(settings, definitions, databases.dataFolder),
      databases.server,
      logger,
    );
    app = await NestFactory.createApplicationContext(root, { logger, abortOnError: false });
    return await work(app);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new UserError(`A database does not answer: ${(error as Error).message}. Start it, or fix its URL.`);
  } finally {
    await signals.unlessStopping();
    await app?.close();
    await databases.close();
  }
}
