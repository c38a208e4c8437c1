/** The limit of a log-in: only the hash, which every implementation must compute. */
import { hash, verify } from '@node-rs/argon2';
import { answerParent, endOnSignal } from './shared/answer-parent.js';

const CONCURRENCY = 4;
const password = 'correct horse battery';
const stored = await hash(password, { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 });

endOnSignal(() => Promise.resolve());
answerParent('', async (operations) => {
  let left = operations;
  const work = async () => {
    while (left-- > 0) await verify(stored, password);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
});
