import { describe, expect, it } from '@jest/globals';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('The state of a service', () => {
  it.each(['auth', 'users', 'posts', 'notifications'])('%s is public, and names its process', async (service) => {
    const reply = await api.get(`/v1/${service}/status`);
    expect([reply.status, reply.body.data]).toEqual([200, { service, status: 'ok', startedAt: expect.any(String) }]);
    expect(Date.parse(reply.body.data.startedAt)).toBeLessThan(Date.now());
    expect(['monolith', service]).toContain(reply.headers.get('x-served-by'));
  });
});
