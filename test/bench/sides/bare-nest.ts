/** The limit of a start: Nest, Fastify and the same drivers, a connection for each service, and one route. */
import { serviceNames } from '#contracts';
import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { hash } from '@node-rs/argon2';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient as AuthClient } from '../../../apps/auth/src/generated/prisma/client.js';
import { PrismaClient as UsersClient } from '../../../apps/users/src/generated/prisma/client.js';

class Pools {
  readonly all = serviceNames.map((service) => {
    const options = `-c search_path=${service},public`;
    return new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '', options });
  });
}

class Clients {
  readonly all: readonly unknown[];

  constructor(@Inject(Pools) pools: Pools) {
    const [auth, users] = pools.all;
    if (!auth || !users) throw new Error('There are no pools.');
    this.all = [new AuthClient({ adapter: new PrismaPg(auth) }), new UsersClient({ adapter: new PrismaPg(users) })];
  }
}

@Controller()
class BareController {
  constructor(
    @Inject(Pools) private readonly pools: Pools,
    @Inject(Clients) readonly clients: Clients,
  ) {}

  @Get('v1/posts')
  async read(): Promise<unknown> {
    const answers = await Promise.all(this.pools.all.map((pool) => pool.query<{ n: number }>('select 1 as n')));
    return { data: answers.map(({ rows }) => rows[0]?.n) };
  }
}

@Module({ controllers: [BareController], providers: [Pools, Clients] })
class BareModule {}

// Loads the native module, as our side does for the hash of a password that no account has.
await hash('no account has this password');
const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.env['PORT']), '127.0.0.1');
