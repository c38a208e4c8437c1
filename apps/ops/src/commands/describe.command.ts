import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeServices, type ServiceDefinition } from '#runtime';
import type { Command } from 'commander';
import { print } from '../output.js';

const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Twofold API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="icon" href="/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** Writes static files for a gateway, which does not run this code. */
export function describePlatform(program: Command, services: readonly ServiceDefinition[]): void {
  program
    .command('describe')
    .argument('<folder>', 'where to write')
    .description('writes the API page and the OpenAPI document of the whole platform as files')
    .action(async (folder: string) => {
      const docs = join(folder, 'docs');
      mkdirSync(docs, { recursive: true });
      writeFileSync(join(folder, 'openapi.json'), JSON.stringify(await describeServices(services)));
      const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
      for (const asset of assets) cpSync(join(source, asset), join(docs, asset));
      writeFileSync(join(docs, 'index.html'), page);
      writeFileSync(join(docs, 'start.js'), start);
      print(`Wrote ${join(folder, 'openapi.json')} and ${docs}.`);
    });
}
