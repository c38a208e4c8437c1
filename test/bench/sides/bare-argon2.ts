/** The limit of a log-in: only the hash, which every implementation must compute. */
import { hash, verify } from '@node-rs/argon2';
import { HASH, password } from './shared/password.js';
import { answerParent, endOnSignal } from './shared/answer-parent.js';

const CONCURRENCY = 4;
const stored = await hash(password, HASH);

endOnSignal(() => Promise.resolve());
answerParent('', async (operations) => {
  let left = operations;
  const work = async () => {
    while (left-- > 0) await verify(stored, password);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
});
