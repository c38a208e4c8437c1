import { Logger } from '@nestjs/common';
import { type Database, UserError } from '#database';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { KeySource } from './verification-keys.js';

const PATIENCE_MS = 3_000;

const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.literal('RSA') })).min(1) });

/** The keys that auth publishes, over HTTP (RFC 7517). */
export class PublishedKeys implements KeySource {
  constructor(private readonly url: string) {}

  async publicKeys(): Promise<readonly JWK[]> {
    const answer = await fetch(this.url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new UserError(`${this.url} was answered with ${answer.status}`);
    return Jwks.parse(await answer.json()).keys;
  }
}

/** Keeps the last keys in the database of a service, so that it can start while auth is away. */
export class RememberedKeys implements KeySource {
  private readonly logger = new Logger('keys');
  private remembered = '';

  constructor(
    private readonly source: KeySource,
    private readonly database: Database,
  ) {}

  async publicKeys(): Promise<readonly JWK[]> {
    try {
      const keys = await this.source.publicKeys();
      await this.remember(JSON.stringify(keys));
      return keys;
    } catch (error) {
      const keys = await this.recall();
      if (!keys) throw error;
      this.logger.warn(`The public keys could not be loaded, the last ones are used: ${(error as Error).message}`);
      return keys;
    }
  }

  private async remember(jwks: string): Promise<void> {
    if (jwks === this.remembered) return;
    await this.database.query(
      `insert into verification_keys (jwks) values ($1) on conflict (single) do update set jwks = $1, loaded_at = now()`,
      [jwks],
    );
    this.remembered = jwks;
  }

  private async recall(): Promise<readonly JWK[] | undefined> {
    const [row] = await this.database.query<{ jwks: readonly JWK[] }>('select jwks from verification_keys');
    return row?.jwks;
  }
}
