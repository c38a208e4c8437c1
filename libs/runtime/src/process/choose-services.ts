import { findMissingConsumers } from '#events';
import { masterKeyErrors } from '../settings/master-key.js';
import type { ProcessDefinition } from './process-definition.js';
import type { ServiceDefinition } from '../service/service-definition.js';
import type { RuntimeSettings } from '../settings/settings.js';

/** The services of a process that SERVICES selects; all of them if it is not set. */
export function chosenServices(
  { services }: Pick<ProcessDefinition, 'services'>,
  { SERVICES }: RuntimeSettings,
): readonly ServiceDefinition[] {
  return SERVICES ? services.filter(({ name }) => SERVICES.includes(name)) : services;
}

/** Errors in the topology of the process, one line each: services, broker, keys and ports that do not match. */
export function topologyErrors(definition: ProcessDefinition, settings: RuntimeSettings): string[] {
  const chosen = chosenServices(definition, settings);
  const known = definition.services.map(({ name }) => name);
  const names = chosen.map(({ name }) => name);
  const missing = settings.KAFKA_BROKERS || definition.allowMissingConsumers ? undefined : findMissingConsumers(names);
  const hasKeys = definition.keySource ?? settings.AUTH_JWKS_URL ?? chosen.some((service) => service.keySource);
  return [
    ...(settings.SERVICES ?? [])
      .filter((name) => !known.includes(name))
      .map((name) => `SERVICES: ${name} is not a service of this process, only ${known.join(', ')}`),
    ...(chosen.length === 0 ? ['SERVICES: does not name a service'] : []),
    ...(missing ? [`KAFKA_BROKERS: is required: ${missing}`] : []),
    ...(hasKeys ? [] : ['AUTH_JWKS_URL: is required if auth runs in another process']),
    ...(settings.OPS_PORT && settings.OPS_PORT === settings.PORT ? ['OPS_PORT: is the same as PORT'] : []),
    ...masterKeyErrors(chosen, settings),
  ];
}
