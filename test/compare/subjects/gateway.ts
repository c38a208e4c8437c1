import { freePort } from '#database';
import { GenericContainer, Wait } from 'testcontainers';
import { pidOfContainer } from '../../support/infrastructure/container-stats.js';
import type { Service } from '../../support/infrastructure/parts.js';

export interface StartedGateway {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Caddy in front of replicas of services, with the routes of deploy/Caddyfile, and like there without kept-alive connections and
 * with another try if a replica cannot be connected to.
 */
export async function startGateway(urls: Readonly<Record<Service, readonly string[]>>): Promise<StartedGateway> {
  const port = await freePort();
  const container = await new GenericContainer('caddy:2')
    .withNetworkMode('host')
    .withCopyContentToContainer([{ content: caddyfile(port, urls), target: '/etc/caddy/Caddyfile' }])
    .withWaitStrategy(Wait.forLogMessage(/serving initial configuration/))
    .start();
  return {
    url: `http://127.0.0.1:${port}`,
    pid: await pidOfContainer(container.getId()),
    stop: async () => void (await container.stop({ timeout: 0 })),
  };
}

function caddyfile(port: number, urls: Readonly<Record<Service, readonly string[]>>): string {
  const proxy = (service: Service) => `reverse_proxy ${urls[service].map((url) => new URL(url).host).join(' ')} {
  lb_policy random
  lb_try_duration 900ms
  lb_try_interval 50ms
  fail_duration 1s
  transport http {
   dial_timeout 800ms
   keepalive off
  }
 }`;
  return `{
 admin off
 auto_https off
}
http://:${port} {
 @auth path /v1/auth/* /.well-known/*
 @posts path_regexp ^/v1/users/[^/]+/posts$
 @users path /v1/users /v1/users/*
 @notifications path /v1/notifications /v1/notifications/*
 handle @auth {
 ${proxy('auth')}
 }
 handle @posts {
 ${proxy('posts')}
 }
 handle @users {
 ${proxy('users')}
 }
 handle @notifications {
 ${proxy('notifications')}
 }
 handle {
 ${proxy('posts')}
 }
}
`;
}
