/** Our side of the log-ins: the service as it is, in a process of its own. */
import { auth } from '#auth';
import { runService } from '#runtime';
import { answerParent } from './answer-parent.js';

await runService({
  name: 'bench-auth',
  services: [auth],
  unheard: true,
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
