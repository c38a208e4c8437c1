/** Our side of the figures about posts: the unmodified service in its own process. */
import { posts } from '#posts';
import { runService } from '#runtime';
import type { JWK } from 'jose';
import { answerParent } from './shared/answer-parent.js';

const publicKey = JSON.parse(process.env['BENCH_PUBLIC_KEY'] ?? '') as JWK;

await runService({
  name: 'bench-posts',
  services: [posts],
  allowMissingConsumers: true,
  keySource: () => ({ publicKeys: () => Promise.resolve([publicKey]) }),
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
