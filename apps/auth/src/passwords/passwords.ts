import { availableParallelism } from 'node:os';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Algorithm, hash, verify } from '@node-rs/argon2';
import { RUNTIME_SETTINGS, runtimeErrors } from '#runtime';
import pLimit, { type LimitFunction } from 'p-limit';
import { waitingPasswords } from '../auth.metrics.js';
import type { AuthSettings } from '../auth.settings.js';

/** The OWASP password storage cheat sheet's second choice for Argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** More would wait for so long that their clients have given up. */
const MAX_WAITING = 500;
/** The threads that Node has for such work by default. */
const MAX_AT_ONCE = 4;

/**
 * Hashes and verifies passwords, in threads of their own and only some at a time, so that a burst of log-ins leaves processors for
 * everything else. Throws UNAVAILABLE if too many wait.
 */
@Injectable()
export class Passwords implements OnModuleDestroy {
  private readonly limit: LimitFunction;
  private readonly endMeasurement: () => void;
  /** Verified instead if the e-mail address is unknown, so that the log-in takes as long as with a known address. */
  private readonly decoy: Promise<string>;

  constructor(@Inject(RUNTIME_SETTINGS) { PASSWORDS_AT_ONCE = allButOne() }: AuthSettings) {
    this.limit = pLimit(PASSWORDS_AT_ONCE);
    this.endMeasurement = waitingPasswords.addSource(() => [{ labels: {}, value: this.limit.pendingCount }]);
    this.decoy = this.hash('nobody has this password');
  }

  onModuleDestroy(): void {
    this.endMeasurement();
  }

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password.normalize('NFKC'), PARAMETERS));
  }

  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const expected = passwordHash ?? (await this.decoy);
    return this.inTurn(() => verify(expected, password.normalize('NFKC')));
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.limit.pendingCount >= MAX_WAITING)
      throw runtimeErrors.UNAVAILABLE('Too many passwords are waiting to be checked.');
    return this.limit(work);
  }
}

function allButOne(): number {
  return Math.min(Math.max(availableParallelism() - 1, 1), MAX_AT_ONCE);
}
