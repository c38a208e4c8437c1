/**
 * Causes a trouble in the platform of `docker compose`, shows that the condition of its alert is met, and repairs it:
 *   docker compose -f docker-compose.yml -f compose.observability.yaml up -d --wait
 *   npm run game-day -- handler-fails
 */
import { Client } from '../support/platform/client.js';
import { Compose } from '../compose/compose.js';
import { runTrouble } from './run-trouble.js';
import { type Stage, troubles } from './troubles.js';

const [name = ''] = process.argv.slice(2);
const trouble = troubles[name];
if (!trouble) {
  const list = Object.entries(troubles).map(([each, { alert, what }]) => `  ${each.padEnd(14)} ${alert}: ${what}`);
  process.stderr.write(`Usage: npm run game-day -- <trouble>\n\n${list.join('\n')}\n`);
  process.exit(2);
}

const { GATEWAY_PORT = '8080', PROMETHEUS_PORT = '9090', COMPOSE_PROJECT_NAME = 'twofold' } = process.env;
const stage: Stage = {
  compose: new Compose(COMPOSE_PROJECT_NAME, {}, ['docker-compose.yml', 'compose.observability.yaml']),
  api: new Client(`http://127.0.0.1:${GATEWAY_PORT}`),
  prometheus: `http://127.0.0.1:${PROMETHEUS_PORT}`,
};

process.once('SIGINT', () => {
  process.stderr.write('Repairing …\n');
  void trouble.repair(stage).finally(() => process.exit(130));
});

try {
  const reachable = await fetch(`${stage.prometheus}/-/ready`).catch(() => undefined);
  if (!reachable?.ok) {
    const command = 'docker compose -f docker-compose.yml -f compose.observability.yaml up -d --wait';
    throw new Error(`There is no Prometheus at ${stage.prometheus}. Start it: ${command}`);
  }
  await runTrouble(trouble, stage, (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
