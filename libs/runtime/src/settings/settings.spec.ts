import { describe, expect, it } from '@jest/globals';
import { UserError } from '#database';
import { z } from 'zod';
import { parseSettings } from './settings.js';

describe('Settings', () => {
  it('have defaults, so that a start needs no environment', () => {
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

  it('count as not set if they are empty, and include those of services', () => {
    const settings = parseSettings({ PORT: '', EXTRA: '7' }, { EXTRA: z.coerce.number() });
    expect([settings.PORT, settings.EXTRA]).toEqual([3000, 7]);
  });

  it('are all named in the error if they are invalid', () => {
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
