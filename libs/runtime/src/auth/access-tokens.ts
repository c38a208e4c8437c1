import { Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { VerifiedToken } from '../access/access-control.js';
import { roles } from './current-account.js';
import { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { VerificationKeys } from './verification-keys.js';

/** Header and claims that every access token must have; any other token is refused. */
export const tokenProfile = { typ: 'at+jwt', iss: 'twofold', aud: 'twofold', alg: 'RS256' } as const;

const Claims = z.object({ sub: z.uuid(), role: z.enum(roles), sid: z.uuid(), iat: z.number() });

/** Verifies access tokens. */
@Injectable()
export class AccessTokens {
  constructor(private readonly keys: VerificationKeys) {}

  /** Returns a valid token's claims. Throws TOKEN_INVALID, or KEYS_UNAVAILABLE. */
  async verify(token: string): Promise<VerifiedToken> {
    const { typ, iss, aud, alg } = tokenProfile;
    try {
      const key = (header: { kid?: string }) => this.keys.keyOf(header.kid);
      const { payload } = await jwtVerify(token, key, {
        typ,
        issuer: iss,
        audience: aud,
        algorithms: [alg],
        requiredClaims: ['exp'],
      });
      const { sub, role, sid, iat } = Claims.parse(payload);
      return { id: sub, role, sessionId: sid, issuedAt: iat * 1_000 };
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof errors.JWTExpired) throw runtimeErrors.TOKEN_INVALID('The token has expired.');
      throw runtimeErrors.TOKEN_INVALID('The token is malformed or was not issued by this platform.');
    }
  }
}
