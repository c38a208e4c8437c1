import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { tokenProfile } from '#runtime';
import type { ArenaDatabase } from './arena.js';

/** An account that may write posts, and its access token. */
export interface Writer {
  readonly id: string;
  readonly token: string;
}

/** Creates writers with access tokens that are valid for six hours, and the public key that verifies them. */
export function makeWriters(count: number): Promise<{ writers: Writer[]; publicKey: string }> {
  return makeWritersOf(Array.from({ length: count }, () => randomUUID()));
}

/** The same for accounts with these ids. */
export async function makeWritersOf(ids: readonly string[]): Promise<{ writers: Writer[]; publicKey: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: tokenProfile.alg };
  const writers = await Promise.all(ids.map((id) => makeWriter(privateKey, id)));
  return { writers, publicKey: JSON.stringify(jwk) };
}

async function makeWriter(privateKey: KeyObject, id: string): Promise<Writer> {
  const { alg, typ, iss, aud } = tokenProfile;
  const token = await new SignJWT({ role: 'author', sid: randomUUID() })
    .setProtectedHeader({ alg, typ, kid: 'bench' })
    .setIssuer(iss)
    .setAudience(aud)
    .setSubject(id)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('6h')
    .sign(privateKey);
  return { id, token };
}

/** Inserts the rows that the posts service would have projected for these writers. */
export async function insertAuthors(database: ArenaDatabase, writers: readonly Writer[]): Promise<void> {
  for (const [number, { id }] of writers.entries()) {
    await database.query('insert into posts.authors values ($1, $2, $3, null, 1)', [
      id,
      `writer${number}`,
      'Ada Lovelace',
    ]);
  }
}
