/**
 * Compares the trace of each user story, as Jaeger has it, with the graph that it must have: `npm run test:traces`. Runs
 * the monolith; `npm run test:compose` compares the same stories of the four services. Then sends traces to a Jaeger that
 * samples them.
 */
import { Checks } from '../support/checks.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { Client } from '../support/platform/client.js';
import { startMonolith } from '../support/platform/monolith.js';
import { startJaeger } from '../support/tracing/jaeger.js';
import { checkFailures } from './check-failures.js';
import { checkConcurrentPublications, storyChecks } from './check-stories.js';
import { checkTailSampling } from './tail-sampling.js';

const checks = new Checks();

const { jaeger, endpoint, container } = await startJaeger();
const folder = temporaryDataFolder();
try {
  const monolith = await startMonolith({ DATA_DIR: folder.path, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const api = new Client(monolith.url);
  for (const each of await storyChecks(api, jaeger, 'monolith')) await checks.run(each.name, each.check);
  await checks.run('50 publications at once have 50 traces', () => checkConcurrentPublications(api, jaeger, 50));
  await monolith.stop();
  await checkFailures(checks, jaeger, endpoint);
} finally {
  await container.stop();
  await folder.remove();
}
await checkTailSampling(checks);
process.exitCode = checks.summarize('traces');
