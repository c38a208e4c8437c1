import { Injectable, Logger } from '@nestjs/common';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** Source of the public keys that verify access tokens. */
export interface KeySource {
  publicKeys(): Promise<readonly JWK[]>;
}

const REFRESH_MS = 5 * 60_000;
/** Refresh interval until the first keys are loaded: without keys no request can be authenticated. */
const FIRST_LOAD_MS = 1_000;
const COOL_DOWN_MS = 10_000;
const UNKNOWN_KEY_WAIT_MS = 1_000;

/**
 * The keys that verify access tokens, fetched outside the request path: at start and every five minutes. The last set
 * stays in use while auth is unavailable. Only a token with an unknown key waits, for one refresh that requests share.
 */
@Injectable()
export class VerificationKeys {
  private readonly logger = new Logger('keys');
  private keys: ReadonlyMap<string, CryptoKey> | undefined;
  private source: KeySource | undefined;
  private refreshing: Promise<void> | undefined;
  private refreshedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  async start(source: KeySource): Promise<void> {
    this.source = source;
    await this.refresh();
    this.scheduleRefresh();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.source = undefined;
  }

  private scheduleRefresh(): void {
    const delay = this.keys ? REFRESH_MS : FIRST_LOAD_MS;
    this.timer = setTimeout(() => void this.refresh().then(() => this.scheduleRefresh()), delay);
    this.timer.unref();
  }

  /** Throws TOKEN_INVALID if auth has not published the key, KEYS_UNAVAILABLE until a first set is loaded. */
  async keyOf(kid: string | undefined): Promise<CryptoKey> {
    const known = this.find(kid);
    if (known) return known;
    const coolingDown = this.keys && performance.now() - this.refreshedAt < COOL_DOWN_MS;
    if (this.refreshing || !coolingDown) await this.refreshAtMost(UNKNOWN_KEY_WAIT_MS);
    const found = this.find(kid);
    if (found) return found;
    throw this.unknown();
  }

  /** Whether this key is still in use: it was published under this id when the keys were last fetched. */
  has(kid: string | undefined, key: CryptoKey): boolean {
    return this.find(kid) === key;
  }

  private find(kid: string | undefined): CryptoKey | undefined {
    return kid === undefined ? undefined : this.keys?.get(kid);
  }

  private unknown(): Problem {
    if (!this.keys) return runtimeErrors.KEYS_UNAVAILABLE();
    return runtimeErrors.TOKEN_INVALID('The token was signed with an unknown key.');
  }

  private refresh(): Promise<void> {
    this.refreshing ??= this.load().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async refreshAtMost(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((done) => (timer = setTimeout(done, milliseconds)));
    await Promise.race([this.refresh(), limit]);
    clearTimeout(timer);
  }

  private async load(): Promise<void> {
    if (!this.source) return;
    try {
      const published = await this.source.publicKeys();
      const imported = published.map(
        async (jwk) => [jwk.kid ?? '', (await importJWK(jwk, 'RS256')) as CryptoKey] as const,
      );
      this.keys = new Map(await Promise.all(imported));
    } catch (error) {
      this.logger.warn(`The public keys could not be loaded: ${(error as Error).message}`);
    }
    this.refreshedAt = performance.now();
  }
}
