import { ModulesContainer } from '@nestjs/core';
import { type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify';
import type { ServiceDefinition } from '../service/service-definition.js';

/** Writes into the configuration of each route which service owns it. Call it before the application is initialized. */
export function nameServiceOfRoutes(app: NestFastifyApplication, services: readonly ServiceDefinition[]): void {
  const owners = new Map(services.map(({ module, name }) => [module, name]));
  for (const { metatype, controllers } of app.get(ModulesContainer).values()) {
    const service = owners.get(metatype);
    if (service === undefined) continue;
    for (const { metatype: controller } of controllers.values()) {
      const prototype = (controller?.prototype ?? {}) as object;
      for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
        if (typeof descriptor.value === 'function' && key !== 'constructor')
          RouteConfig({ service })(prototype, key, descriptor);
    }
  }
}
