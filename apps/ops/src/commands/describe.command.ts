import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeServices, docsFiles, type ServiceDefinition } from '#runtime';
import type { Command } from 'commander';
import { print } from '../output.js';
import { path } from '../parameters.js';

/** Writes static files for a gateway, which does not run this code. */
export function describePlatform(program: Command, services: readonly ServiceDefinition[]): void {
  program
    .command('describe')
    .argument('<folder>', 'where to write', path)
    .description('writes the API page and the OpenAPI document of the whole platform as files')
    .action(async (folder: string) => {
      const docs = join(folder, 'docs');
      mkdirSync(docs, { recursive: true });
      writeFileSync(join(folder, 'openapi.json'), JSON.stringify(await describeServices(services)));
      for (const [name, { read }] of Object.entries(docsFiles)) writeFileSync(join(docs, name), read());
      print(`Wrote ${join(folder, 'openapi.json')} and ${docs}.`);
    });
}
