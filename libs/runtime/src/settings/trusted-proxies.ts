import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { RUNTIME_SETTINGS, type RuntimeSettings } from './settings.js';

/** What a request says of its client, as far as a trusted proxy has said so. The same as Fastify finds out. */
@Injectable()
export class TrustedProxies {
  private readonly trusts: (address: string, hop: number) => boolean;

  constructor(@Inject(RUNTIME_SETTINGS) { TRUSTED_PROXIES }: Pick<RuntimeSettings, 'TRUSTED_PROXIES'>) {
    this.trusts = proxyAddr.compile(TRUSTED_PROXIES);
  }

  include(address: string | undefined): boolean {
    return address !== undefined && this.trusts(address, 0);
  }

  /** The address of the client. */
  addressOf(request: IncomingMessage): string {
    return 'x-forwarded-for' in request.headers
      ? proxyAddr(request, this.trusts)
      : (request.socket.remoteAddress ?? '');
  }

  /** The scheme that the client has used. */
  schemeOf({ headers, socket }: IncomingMessage): string {
    const { 'x-forwarded-proto': forwarded } = headers;
    if (forwarded !== undefined && this.include(socket.remoteAddress))
      return [forwarded].flat().join(',').split(',').at(-1)?.trim() ?? '';
    return (socket as TLSSocket).encrypted ? 'https' : 'http';
  }
}
