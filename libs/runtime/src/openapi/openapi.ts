import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemSchema } from '../http/api-controller.js';
import { docsFiles } from './docs-page.js';
import { describeExamples } from './openapi-examples.js';
import { describeHeaders } from './openapi-headers.js';
import { toOpenApi } from './openapi-schemas.js';
import { describeRequirements } from './openapi-requirements.js';
import type { ServiceDefinition } from '../service/service-definition.js';

const DESCRIPTION = `
Accounts, profiles, posts and notifications. The API is the same in every topology.

**Log in.** \`POST /v1/auth/register\` or \`/v1/auth/login\` answers with an access token, which is sent as
\`Authorization: Bearer …\` and lives for some minutes, and a refresh token, which \`POST /v1/auth/refresh\` exchanges for new ones. Most
reads need no token.

**Lists** take \`page\`, \`cursor\` or both, as each operation says. \`?page=1&limit=20\` answers with \`meta.total\`; \`?cursor=\` asks for
keyset paging, and \`meta.nextCursor\` is the cursor of the next page or null. A cursor belongs to its list, sort and filters. Unknown parameters are refused.

**Repeat safely.** Where an operation takes an \`Idempotency-Key\`, a POST that is repeated with it is answered as the first time, with
\`Idempotency-Replayed: true\`.

**Lost updates.** Send the \`ETag\` that you have read as \`If-Match\`: 412 if the content has changed since.

**Own writes.** A write that emits events answers with a \`Consistency-Token\`. Send it with a later request, to any route, and the answer includes the effect
of the write.

**Errors** are \`application/problem+json\` (RFC 9457). Decide by \`code\`, never by a text; \`errors\` lists invalid fields. With
\`Retry-After\`, the same request may succeed later.
`.trim();

/** The OpenAPI document of the process, generated from its controllers and their schemas. */
export function createOpenApi(app: NestFastifyApplication, services: readonly ServiceDefinition[]): OpenAPIObject {
  const config = new DocumentBuilder()
    // OpenAPI 3.0 cannot declare a referenced schema as nullable.
    .setOpenAPIVersion('3.1.0')
    .setTitle('Twofold')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'The server that served this document')
    .addBearerAuth();
  for (const { name, summary } of services) config.addTag(name, summary);
  const document = SwaggerModule.createDocument(app, config.build(), {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}.${method}`,
    standardSchemaConverter: toOpenApi,
  });
  const problem = toOpenApi(ProblemSchema, { schemaType: 'output' }).schema;
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problem as never },
  };
  describeRequirements(document);
  describeHeaders(document);
  describeExamples(document);
  return document;
}

/** Serves the document and Swagger UI. Generated on the first request, because it takes a tenth of the startup time. */
export function serveOpenApi(app: NestFastifyApplication, services: readonly ServiceDefinition[]): void {
  SwaggerModule.setup('docs', app, () => createOpenApi(app, services), {
    ui: false,
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
  const server = app.getHttpAdapter().getInstance();
  for (const [name, { type, read }] of Object.entries(docsFiles)) {
    const paths = name === 'index.html' ? ['/docs', '/docs/'] : [`/docs/${name}`];
    for (const path of paths) server.get(path, (_request, reply) => reply.type(type).send(read()));
  }
}
