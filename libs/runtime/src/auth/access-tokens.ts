import { Injectable } from '@nestjs/common';
import { type CryptoKey, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { VerifiedToken } from '../access/access-control.js';
import { roles } from './current-account.js';
import { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { VerificationKeys } from './verification-keys.js';

/** Header and claims that every access token must have; any other token is refused. */
export const tokenProfile = { typ: 'at+jwt', iss: 'twofold', aud: 'twofold', alg: 'RS256' } as const;

const Claims = z.object({ sub: z.uuid(), role: z.enum(roles), sid: z.uuid(), iat: z.number(), exp: z.number() });

/** Tokens whose signature need not be verified again. Each takes about a kilobyte. */
const MAX_REMEMBERED = 5_000;

interface Remembered {
  readonly token: VerifiedToken;
  readonly kid: string | undefined;
  readonly key: CryptoKey;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Verifies access tokens. */
@Injectable()
export class AccessTokens {
  private readonly remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });

  constructor(private readonly keys: VerificationKeys) {}

  /**
   * Returns a valid token's claims. Throws TOKEN_INVALID, or KEYS_UNAVAILABLE. Verifying a signature takes most of the time of a
   * cached read, so a verified token is remembered until it expires or its key is no longer published.
   */
  async verify(token: string): Promise<VerifiedToken> {
    const known = this.verified(token);
    if (known) return known;
    const verified = await this.verifySignature(token);
    this.remembered.set(token, verified);
    return verified.token;
  }

  /** The claims of a token that was verified before and is still valid. */
  verified(token: string): VerifiedToken | undefined {
    const known = this.remembered.get(token);
    return known && known.expiresAt > Date.now() && this.keys.has(known.kid, known.key) ? known.token : undefined;
  }

  private async verifySignature(token: string): Promise<Remembered> {
    const { typ, iss, aud, alg } = tokenProfile;
    try {
      const { payload, protectedHeader, key } = await jwtVerify(token, (header) => this.keys.keyOf(header.kid), {
        typ,
        issuer: iss,
        audience: aud,
        algorithms: [alg],
        requiredClaims: ['exp'],
      });
      const { sub, role, sid, iat, exp } = Claims.parse(payload);
      const verified = { id: sub, role, sessionId: sid, issuedAt: iat * 1_000 };
      return { token: verified, kid: protectedHeader.kid, key, expiresAt: exp * 1_000 };
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof errors.JWTExpired) throw runtimeErrors.TOKEN_INVALID('The token has expired.');
      throw runtimeErrors.TOKEN_INVALID('The token is malformed or was not issued by this platform.');
    }
  }
}
