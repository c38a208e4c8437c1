/** Our side of the log-in figure: the unmodified service in its own process. */
import { auth } from '#auth';
import { runService } from '#runtime';
import { answerParent } from './shared/answer-parent.js';

await runService({
  name: 'bench-auth',
  services: [auth],
  allowMissingConsumers: true,
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
