import { describe, expect, it } from '@jest/globals';
import type { ServiceDefinition } from '../service/service-definition.js';
import { parseSettings } from '../settings/settings.js';
import { topologyErrors } from './choose-services.js';

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
  const errorsOf = (environment: Record<string, string>) =>
    topologyErrors({ name: 'test', services }, parseSettings(environment, {}));
  const kafka = { KAFKA_BROKERS: 'broker:9092' };
  const keys = { AUTH_JWKS_URL: 'http://auth:3000/.well-known/jwks.json' };

  it('may be all services in one process, or some of them with a broker and with keys', () => {
    for (const settings of [{}, { SERVICES: 'auth, users,posts', ...kafka }, { SERVICES: 'posts', ...kafka, ...keys }])
      expect(errorsOf(settings)).toEqual([]);
  });

  it('needs a broker if it publishes events for other processes, or consumes events of theirs', () => {
    expect(errorsOf({ SERVICES: 'auth,users,posts' })).toEqual([
      'KAFKA_BROKERS: is required: auth, users, posts and notifications exchange events, which needs Kafka between processes',
    ]);
    expect(errorsOf({ SERVICES: 'notifications', ...keys })).toEqual([
      'KAFKA_BROKERS: is required: notifications and auth, users, posts exchange events, which needs Kafka between processes',
    ]);
  });

  it('needs keys, and service names that exist', () => {
    expect(errorsOf({ SERVICES: 'posts', ...kafka })).toEqual([
      'AUTH_JWKS_URL: is required if auth runs in another process',
    ]);
    expect(errorsOf({ SERVICES: 'auth,mail', ...kafka })).toEqual([
      'SERVICES: mail is not a service of this process, only auth, users, posts, notifications',
    ]);
    expect(errorsOf({ SERVICES: 'mail', ...kafka, ...keys })).toContain('SERVICES: does not name a service');
    expect(errorsOf({ PORT: '4000', OPS_PORT: '4000' })).toEqual(['OPS_PORT: is the same as PORT']);
  });

  it('needs a master key in production if a service encrypts with it', () => {
    const production = { APP_ENV: 'production', ...kafka, ...keys };
    expect(errorsOf({ ...production, SERVICES: 'auth' })).toEqual([
      'MASTER_KEY: is required when APP_ENV is production',
    ]);
    expect(errorsOf({ ...production, SERVICES: 'auth', MASTER_KEY: 'a'.repeat(64) })).toEqual([]);
    expect(errorsOf({ ...production, SERVICES: 'posts' })).toEqual([]);
  });
});
