/** The end of the way of an event: the service as it is, in a process of its own. */
import { notifications } from '#notifications';
import { runService } from '#runtime';
import { answerParent } from './answer-parent.js';

await runService({
  name: 'bench-notifications',
  services: [notifications],
  unheard: true,
  keySource: () => ({ publicKeys: () => Promise.resolve([]) }),
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
