import { findMissingConsumers } from '#events';
import { faultsOfMasterKey } from '../settings/master-key.js';
import type { ProcessDefinition } from './run-service.js';
import type { ServiceDefinition } from '../service/service-definition.js';
import type { RuntimeSettings } from '../settings/settings.js';

/** The services of a process that its settings ask for. */
export function chosenServices(
  { services }: Pick<ProcessDefinition, 'services'>,
  { SERVICES }: RuntimeSettings,
): readonly ServiceDefinition[] {
  return SERVICES ? services.filter(({ name }) => SERVICES.includes(name)) : services;
}

/** Why these settings cannot make a platform of this process and others, a line for each reason. */
export function faultsOfTopology(definition: ProcessDefinition, settings: RuntimeSettings): string[] {
  const chosen = chosenServices(definition, settings);
  const known = definition.services.map(({ name }) => name);
  const names = chosen.map(({ name }) => name);
  const unheard = settings.KAFKA_BROKERS || definition.unheard ? undefined : findMissingConsumers(names);
  const hasKeys = definition.keySource ?? settings.AUTH_JWKS_URL ?? chosen.some((service) => service.keySource);
  return [
    ...(settings.SERVICES ?? [])
      .filter((name) => !known.includes(name))
      .map((name) => `SERVICES: there is no ${name} in this process, only ${known.join(', ')}`),
    ...(chosen.length === 0 ? ['SERVICES: names no service'] : []),
    ...(unheard ? [`KAFKA_BROKERS: is required: ${unheard}`] : []),
    ...(hasKeys ? [] : ['AUTH_JWKS_URL: is required where auth runs elsewhere']),
    ...(settings.OPS_PORT && settings.OPS_PORT === settings.PORT ? ['OPS_PORT: is the same as PORT'] : []),
    ...faultsOfMasterKey(chosen, settings),
  ];
}
