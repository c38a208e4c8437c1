import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DatabaseServer } from '#database';
import { createAdapter } from '../http/http-server.js';
import { createOpenApi } from './openapi.js';
import { RuntimeModule } from '../service/runtime.module.js';
import { type ServiceDefinition, settingsOf } from '../service/service-definition.js';
import { parseSettings } from '../settings/settings.js';

/** The OpenAPI document of services that do not run: nothing is started, and no database is asked. */
export async function describeServices(services: readonly ServiceDefinition[]): Promise<OpenAPIObject> {
  const settings = parseSettings({}, settingsOf(services));
  // A pool connects when it is first asked, and without `init` no part asks.
  const server = new DatabaseServer(() => 'postgres://nowhere.invalid/nothing', 1);
  const root = RuntimeModule.forServices(services, settings, server);
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter(settings), {
    logger: false,
    abortOnError: false,
  });
  const document = createOpenApi(app, services);
  await server.close();
  return document;
}
