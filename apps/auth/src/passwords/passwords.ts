import { Injectable } from '@nestjs/common';
import { Algorithm, hash, verify } from '@node-rs/argon2';

/** The OWASP password storage cheat sheet's second choice for Argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

@Injectable()
export class Passwords {
  /** Verified instead if the e-mail address is unknown, so that the log-in takes as long as with a known address. */
  private readonly decoy = hash('nobody has this password', PARAMETERS);

  hash(password: string): Promise<string> {
    return hash(password.normalize('NFKC'), PARAMETERS);
  }

  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    return verify(passwordHash ?? (await this.decoy), password.normalize('NFKC'));
  }
}
