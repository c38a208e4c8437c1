import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { Problems, runtimeErrors } from '#runtime';
import { z } from 'zod';
import { SigningKeys } from './signing-keys.js';

const Jwks = z.object({ keys: z.array(z.object({ kid: z.string(), kty: z.string(), n: z.string(), e: z.string() })) });

@ApiTags('auth')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  /** The keys that verify access tokens (RFC 7517). A new key is published ten minutes before it signs. */
  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ summary: 'The keys that verify access tokens' })
  @ApiSecurity({})
  @Problems(runtimeErrors.MALFORMED_REQUEST, runtimeErrors.UNAVAILABLE)
  @ApiResponse({ status: 200, description: 'Done', standardSchema: Jwks })
  async jwks() {
    return { keys: await this.keys.publicKeys() };
  }
}
