import { stdout } from 'node:process';
import { UserError } from '#database';
import { loadSettings } from '#runtime';
import { type Command, InvalidArgumentError } from 'commander';
import { print } from '../output.js';
import { traceInJaeger, traceOfProcess } from '../traces/find-trace.js';
import { waterfall } from '../traces/waterfall.js';

const JAEGER = 'http://127.0.0.1:16686';

/** Needs no database. */
export function trace(program: Command): void {
  program
    .command('trace')
    .argument('[id]', 'the X-Trace-Id of a response, or last', traceId, 'last')
    .option('--jaeger [url]', `look in Jaeger, at ${JAEGER} if no URL is given`)
    .option('--json', 'as JSON')
    .description('shows a trace: what a request has caused, where, and when')
    .action(async (id: string, { jaeger, json }: { jaeger?: string | true; json?: true }, command: Command) => {
      if (jaeger && id === 'last') command.error('error: With --jaeger, pass the X-Trace-Id of a response.');
      const spans = jaeger ? await traceInJaeger(jaeger === true ? JAEGER : jaeger, id) : await ownTrace(id);
      if (spans.length === 0) throw new UserError(`There is no trace ${id}: it may be older than those that are kept.`);
      if (json) print(JSON.stringify(spans, null, 2));
      else for (const line of waterfall(spans, stdout.isTTY)) print(line);
    });
}

function traceId(value: string): string {
  if (value === 'last' || /^[0-9a-f]{32}$/.test(value)) return value;
  throw new InvalidArgumentError('A trace id has 32 hexadecimal digits.');
}

function ownTrace(id: string) {
  const { OPS_PORT, PORT, HOST } = loadSettings({});
  return traceOfProcess(`http://${HOST === '::1' ? '[::1]' : '127.0.0.1'}:${OPS_PORT ?? PORT}`, id);
}
