/** The consuming service of the figure from publish to notification, unmodified and in its own process. */
import { notifications } from '#notifications';
import { runService } from '#runtime';
import { answerParent } from './shared/answer-parent.js';

await runService({
  name: 'bench-notifications',
  services: [notifications],
  allowMissingConsumers: true,
  keySource: () => ({ publicKeys: () => Promise.resolve([]) }),
  whenListening: (_app, { url }) => Promise.resolve(answerParent(url)),
});
