import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DatabaseServer } from '#database';
import { createAdapter } from '../http/http-server.js';
import { ProcessLog } from '../logging/logger.js';
import { createOpenApi } from './openapi.js';
import { RuntimeModule } from '../service/runtime.module.js';
import { type ServiceDefinition, settingsOf } from '../service/service-definition.js';
import { parseSettings } from '../settings/settings.js';

/** Generates the OpenAPI document of services without starting them or connecting to a database. */
export async function describeServices(services: readonly ServiceDefinition[]): Promise<OpenAPIObject> {
  const settings = parseSettings({}, settingsOf(services));
  // A pool connects on its first query, and no provider queries before `app.init()`.
  const server = new DatabaseServer(() => 'postgres://nowhere.invalid/nothing', 1);
  const root = RuntimeModule.forServices(services, settings, server, new ProcessLog(settings, 'description'));
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter('description', settings), {
    logger: false,
    abortOnError: false,
  });
  const document = createOpenApi(app, services);
  await server.close();
  return document;
}
