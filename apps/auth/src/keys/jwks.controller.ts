import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { Problems, runtimeErrors } from '#runtime';
import { z } from 'zod';
import { SigningKeys } from './signing-keys.js';

const Jwk = z
  .object({
    kid: z.string().meta({ example: '9f2c1b7e' }),
    kty: z.string().meta({ example: 'RSA' }),
    use: z.string().meta({ example: 'sig' }),
    alg: z.string().meta({ example: 'RS256' }),
    n: z.string().meta({ example: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7a…' }),
    e: z.string().meta({ example: 'AQAB' }),
  })
  .meta({ id: 'Jwk' });
const Jwks = z.object({ keys: z.array(Jwk) }).meta({ id: 'Jwks' });

@ApiTags('auth')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  /** The keys that verify access tokens (RFC 7517). A new key is published ten minutes before it signs. */
  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({
    summary: 'The keys that verify access tokens',
    description: 'RFC 7517. Keep them for five minutes; a new key is published ten minutes before it signs.',
  })
  @ApiSecurity({})
  @Problems(runtimeErrors.MALFORMED_REQUEST, runtimeErrors.UNAVAILABLE)
  @ApiResponse({ status: 200, description: 'Done', standardSchema: Jwks })
  async jwks() {
    return { keys: await this.keys.publicKeys() };
  }
}
