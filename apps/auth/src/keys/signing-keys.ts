import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Database, UserError } from '#database';
import { type CurrentAccount, type KeySource, RUNTIME_SETTINGS, tokenProfile } from '#runtime';
import { type CryptoKey, importPKCS8, type JWK, SignJWT } from 'jose';
import type { AuthSettings } from '../auth.settings.js';
import { seal, unseal } from './sealing.js';
import { type KeyRow, SigningKeysRepository } from './signing-keys.repository.js';

const PURPOSE = 'signing key';
const RELOAD_MS = 60_000;

/** A new key is published this long before it signs, so that every verifier has fetched it by then. */
export const ANNOUNCE_SECONDS = 600;

/**
 * The keys that sign access tokens. They are stored in the database, encrypted with MASTER_KEY, so that a restarted
 * process or a second replica signs with the same keys. A new key is created every 30 days; the previous one stays
 * published until its last token has expired.
 */
@Injectable()
export class SigningKeys implements KeySource, OnModuleInit {
  private readonly logger = new Logger('signing keys');
  private readonly privateKeys = new Map<string, Promise<CryptoKey>>();
  private rows: readonly KeyRow[] = [];
  private loadedAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly repository: SigningKeysRepository,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
    private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Decrypts every key, so that a wrong MASTER_KEY is reported at startup and not at the first log-in. Not for a command,
   * which has no server: it may be there to repair that.
   */
  async onModuleInit(): Promise<void> {
    await this.load();
    if (this.host.httpAdapter) await Promise.all(this.rows.map((row) => this.privateKeyOf(row)));
  }

  async publicKeys(): Promise<readonly JWK[]> {
    await this.loadIfStale();
    return this.rows.map((row) => row.publicJwk);
  }

  async sign({ id, role, sessionId }: CurrentAccount, ttlSeconds: number): Promise<string> {
    await this.loadIfStale();
    const newest = this.rows.find((row) => row.signs);
    if (!newest) throw new Error('There is no signing key.');
    const { alg, typ, iss, aud } = tokenProfile;
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ role, sid: sessionId })
      .setProtectedHeader({ alg, typ, kid: newest.id })
      .setIssuer(iss)
      .setAudience(aud)
      .setSubject(id)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + ttlSeconds)
      .sign(await this.privateKeyOf(newest));
  }

  /** The published keys, the newest first. */
  async list(): Promise<readonly { id: string; created: Date; signsFrom: Date; signs: boolean }[]> {
    const rows = await this.repository.list();
    const newest = rows.find((row) => row.signs);
    return rows.map((row) => {
      return { id: row.id, created: row.createdAt, signsFrom: row.signsFrom, signs: row.id === newest?.id };
    });
  }

  /** Creates a key that signs after so many seconds, in which every process gets to know it. Returns its id. */
  async rotate(announced: number): Promise<string> {
    return this.database.transaction(async () => {
      await this.repository.lock();
      return this.create(announced);
    });
  }

  /** Deletes a key. Throws a UserError if it does not exist, or if no other key signs. */
  async revoke(id: string): Promise<void> {
    await this.database.transaction(async () => {
      await this.repository.lock();
      const rows = await this.repository.list();
      if (!rows.some((row) => row.id === id)) throw new UserError(`There is no key ${id}.`);
      if (!rows.some((row) => row.signs && row.id !== id))
        throw new UserError(`No other key signs: run "keys rotate" first, and revoke ${id} when the new one signs.`);
      await this.repository.remove(id);
    });
  }

  /** Deletes all keys, also those that MASTER_KEY cannot decrypt, and creates one that signs at once. Returns its id. */
  async renew(): Promise<string> {
    return this.database.transaction(async () => {
      await this.repository.lock();
      for (const { id } of await this.repository.list()) await this.repository.remove(id);
      return this.create(0);
    });
  }

  private async loadIfStale(): Promise<void> {
    if (performance.now() - this.loadedAt > RELOAD_MS) await this.load();
  }

  /** Creates a key if all keys are older than 30 days, and deletes the keys whose tokens have all expired. */
  private async load(): Promise<void> {
    this.rows = await this.database.transaction(async () => {
      await this.repository.lock();
      await this.repository.removeExpired(2 * this.settings.ACCESS_TOKEN_TTL);
      const { any, young } = await this.repository.age();
      if (!young) await this.create(any ? ANNOUNCE_SECONDS : 0);
      return this.repository.list();
    });
    this.loadedAt = performance.now();
  }

  private async create(announced: number): Promise<string> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const id = randomUUID();
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: tokenProfile.alg };
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    const sealed = seal(this.masterKey, PURPOSE, Buffer.from(pem));
    await this.repository.add({ id, publicJwk: JSON.stringify(jwk), privateKey: sealed, announced });
    this.logger.log(`Created signing key ${id}.`);
    return id;
  }

  private privateKeyOf(row: KeyRow): Promise<CryptoKey> {
    const known = this.privateKeys.get(row.id);
    if (known) return known;
    const imported = importPKCS8(this.unseal(row).toString(), tokenProfile.alg);
    this.privateKeys.set(row.id, imported);
    return imported;
  }

  private unseal(row: KeyRow): Buffer {
    try {
      return unseal(this.masterKey, PURPOSE, row.privateKey);
    } catch {
      throw new UserError(
        'MASTER_KEY cannot decrypt the signing keys in the database. Set the MASTER_KEY that encrypted them. If it is lost, restore a backup with `npm run ops -- restore <folder> --new-keys`, or replace the keys with `npm run ops -- keys renew`.',
      );
    }
  }

  private get masterKey(): Buffer {
    return Buffer.from(this.settings.MASTER_KEY ?? '', 'hex');
  }
}
