import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemSchema } from '../http/api-controller.js';
import { describeHeaders } from './openapi-headers.js';
import { toOpenApi } from './openapi-schemas.js';
import type { ServiceDefinition } from '../service/service-definition.js';

/** The OpenAPI document of the process, generated from its controllers and their schemas. */
export function createOpenApi(app: NestFastifyApplication, services: readonly ServiceDefinition[]): OpenAPIObject {
  const config = new DocumentBuilder()
    // OpenAPI 3.0 cannot declare a referenced schema as nullable.
    .setOpenAPIVersion('3.1.0')
    .setTitle('Twofold')
    .setDescription('Accounts, profiles, posts and notifications. The API is the same in every topology.')
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
  describeHeaders(document);
  return document;
}

/** Serves the document and Swagger UI. Generated on the first request, because it takes a tenth of the startup time. */
export function serveOpenApi(app: NestFastifyApplication, services: readonly ServiceDefinition[]): void {
  SwaggerModule.setup('docs', app, () => createOpenApi(app, services), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Twofold API',
  });
}
