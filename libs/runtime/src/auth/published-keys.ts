import { Logger } from '@nestjs/common';
import { type Database, UserError } from '#database';
import { tracedFetch } from '#telemetry';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { KeySource } from './verification-keys.js';

const TIMEOUT_MS = 3_000;

const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.literal('RSA') })).min(1) });

/** Fetches the public keys of auth over HTTP, as a JWK set (RFC 7517). */
export class PublishedKeys implements KeySource {
  constructor(private readonly url: string) {}

  async publicKeys(): Promise<readonly JWK[]> {
    const response = await tracedFetch(this.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new UserError(`${this.url} returned status ${response.status}`);
    return Jwks.parse(await response.json()).keys;
  }
}

/** Stores the last keys in the database of a service, so that the service can start while auth is unavailable. */
export class StoredKeys implements KeySource {
  private readonly logger = new Logger('keys');
  private stored = '';

  constructor(
    private readonly source: KeySource,
    private readonly database: Database,
  ) {}

  async publicKeys(): Promise<readonly JWK[]> {
    try {
      const keys = await this.source.publicKeys();
      await this.store(JSON.stringify(keys));
      return keys;
    } catch (error) {
      const keys = await this.readStored();
      if (!keys) throw error;
      this.logger.warn(`The public keys could not be loaded; using the stored ones: ${(error as Error).message}`);
      return keys;
    }
  }

  private async store(jwks: string): Promise<void> {
    if (jwks === this.stored) return;
    await this.database.query(
      `insert into verification_keys (jwks) values ($1) on conflict (single) do update set jwks = $1, loaded_at = now()`,
      [jwks],
    );
    this.stored = jwks;
  }

  private async readStored(): Promise<readonly JWK[] | undefined> {
    const [row] = await this.database.query<{ jwks: readonly JWK[] }>('select jwks from verification_keys');
    return row?.jwks;
  }
}
