import { describe, expect, it } from '@jest/globals';
import { UserError } from '#database';
import { z } from 'zod';
import { faultsOfTopology } from '../process/choose-services.js';
import type { ServiceDefinition } from '../service/service-definition.js';
import { parseSettings } from './settings.js';

describe('Settings', () => {
  it('have defaults for all that a newcomer need not know', () => {
    const settings = parseSettings({}, {});
    expect(settings).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      DATA_DIR: '.data',
      APP_ENV: 'development',
      RATE_LIMIT: 'on',
    });
    expect(settings.RETRY_SCHEDULE).toEqual([0, 1, 5, 25, 125]);
    expect(settings.MASTER_KEY).toBeUndefined();
  });

  it('that are empty are not set, and those of services are read with them', () => {
    const settings = parseSettings({ PORT: '', EXTRA: '7' }, { EXTRA: z.coerce.number() });
    expect([settings.PORT, settings.EXTRA]).toEqual([3000, 7]);
  });

  it('are all named that are wrong', () => {
    const parse = () => parseSettings({ PORT: '70000', MIGRATE: 'maybe', MASTER_KEY: 'short' }, {});
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(/PORT: [\s\S]*MIGRATE: |MIGRATE: [\s\S]*PORT: /);
    expect(parse).toThrow(/MASTER_KEY: must be 32 bytes in hexadecimal/);
  });

  it('refuse development switches in production', () => {
    expect(parseSettings({ APP_ENV: 'production' }, {}).APP_ENV).toBe('production');
    expect(() => parseSettings({ APP_ENV: 'production', RATE_LIMIT: 'off' }, {})).toThrow(/RATE_LIMIT/);
  });
});

describe('A topology', () => {
  class Module {}
  const service = (name: string, more: Partial<ServiceDefinition> = {}): ServiceDefinition => ({
    name,
    summary: '',
    module: Module,
    ...more,
  });
  const auth = service('auth', { usesMasterKey: true, keySource: () => ({ publicKeys: () => Promise.resolve([]) }) });
  const services = [auth, service('users'), service('posts'), service('notifications')];
  const faultsOf = (environment: Record<string, string>) =>
    faultsOfTopology({ name: 'test', services }, parseSettings(environment, {}));
  const kafka = { KAFKA_BROKERS: 'broker:9092' };
  const keys = { AUTH_JWKS_URL: 'http://auth:3000/.well-known/jwks.json' };

  it('may be all services in one process, or any of them with a broker and with keys', () => {
    for (const settings of [{}, { SERVICES: 'auth, users,posts', ...kafka }, { SERVICES: 'posts', ...kafka, ...keys }])
      expect(faultsOf(settings)).toEqual([]);
  });

  it('needs a broker where somebody outside must hear what happens inside, or is to be heard', () => {
    expect(faultsOf({ SERVICES: 'auth,users,posts' })).toEqual([
      'KAFKA_BROKERS: is required: auth, users, posts and notifications must hear each other, and cannot without Kafka',
    ]);
    expect(faultsOf({ SERVICES: 'notifications', ...keys })).toEqual([
      'KAFKA_BROKERS: is required: notifications and auth, users, posts must hear each other, and cannot without Kafka',
    ]);
  });

  it('needs keys, and names that exist', () => {
    expect(faultsOf({ SERVICES: 'posts', ...kafka })).toEqual(['AUTH_JWKS_URL: is required where auth runs elsewhere']);
    expect(faultsOf({ SERVICES: 'auth,mail', ...kafka })).toEqual([
      'SERVICES: there is no mail in this process, only auth, users, posts, notifications',
    ]);
    expect(faultsOf({ SERVICES: 'mail', ...kafka, ...keys })).toContain('SERVICES: names no service');
    expect(faultsOf({ PORT: '4000', OPS_PORT: '4000' })).toEqual(['OPS_PORT: is the same as PORT']);
  });

  it('needs a master key in production where something is encrypted with it', () => {
    const production = { APP_ENV: 'production', ...kafka, ...keys };
    expect(faultsOf({ ...production, SERVICES: 'auth' })).toEqual([
      'MASTER_KEY: is required when APP_ENV is production',
    ]);
    expect(faultsOf({ ...production, SERVICES: 'auth', MASTER_KEY: 'a'.repeat(64) })).toEqual([]);
    expect(faultsOf({ ...production, SERVICES: 'posts' })).toEqual([]);
  });
});
