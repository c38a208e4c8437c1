/** Our side of the log-ins: the service as it is, in a process of its own. */
import { auth, SigningKeys } from '#auth';
import { runService } from '#runtime';
import { answerParent } from './answer-parent.js';

await runService({
  name: 'bench-auth',
  services: [auth],
  keySource: (app) => app.get(SigningKeys, { strict: false }),
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
