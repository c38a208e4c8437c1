import { globSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { type Config, createConfig, lintFromString } from '@redocly/openapi-core';
import { platformDocument } from '../support/platform-document.js';

let config: Config;
let document: OpenAPIObject;

beforeAll(async () => {
  config = await createConfig({ extends: ['recommended-strict'] });
  document = await platformDocument();
});

async function faultsOf(source: string): Promise<string[]> {
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`);
}

const operations = () =>
  Object.entries(document.paths).flatMap(([path, { get, put, post, patch, delete: remove }]) =>
    [get, put, post, patch, remove].flatMap((operation) => (operation ? [{ path, ...operation }] : [])),
  );

/** By name, as a client sends them. */
const sentWith = (operationId: string) => {
  const { parameters = [] } = operations().find((each) => each.operationId === operationId) ?? {};
  return parameters.map((each) => ('name' in each ? each.name : each.$ref.split('/').at(-1)));
};

const answeredWith = (operationId: string, status: string) => {
  const { responses = {} } = operations().find((each) => each.operationId === operationId) ?? {};
  const response = responses[status];
  return response && 'headers' in response ? Object.keys(response.headers ?? {}) : [];
};

describe('The OpenAPI document', () => {
  it('has no fault that a linter knows', async () => {
    expect(await faultsOf(JSON.stringify(document))).toEqual([]);
  });

  it.each([
    ['no-unresolved-refs', '#/components/schemas/PostItem', '#/components/schemas/Nothing'],
    ['operation-operationId-unique', '"posts.read"', '"posts.list"'],
    ['path-parameters-defined', '"name":"id"', '"name":"other"'],
    ['no-identical-paths', '"/v1/users/{id}/posts"', '"/v1/users/{other}/followers"'],
    ['tag-description', '"description":"What people write, read and like."', '"description":""'],
    ['struct', '"type":"integer"', '"type":"whole"'],
    ['no-empty-servers', /"servers":\[[^\]]*\]/, '"servers":[]'],
  ])('would be found out by %s', async (rule, sound, broken) => {
    const faults = await faultsOf(JSON.stringify(document).replace(sound, broken));
    expect(faults).toContainEqual(expect.stringMatching(`^${rule}: `));
  });

  it('tells numbers from text in a query', () => {
    const { parameters = [] } = operations().find((each) => each.operationId === 'posts.list') ?? {};
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } }),
    );
  });

  it('names the headers of every request and answer', () => {
    for (const { path, operationId, responses } of operations().filter((each) => each.path.startsWith('/v1/'))) {
      expect([path, sentWith(operationId ?? '')]).toEqual([path, expect.arrayContaining(['ConsistencyToken'])]);
      for (const status of Object.keys(responses)) {
        expect(answeredWith(operationId ?? '', status)).toEqual(expect.arrayContaining(['RateLimit', 'X-Trace-Id']));
      }
    }
  });

  it('names the headers of one route', () => {
    expect(sentWith('posts.create')).toContain('Idempotency-Key');
    expect(sentWith('posts.change')).toContain('If-Match');
    expect(sentWith('posts.read')).toContain('IfNoneMatch');
    expect(answeredWith('posts.create', '201')).toEqual(
      expect.arrayContaining(['Consistency-Token', 'ETag', 'Location']),
    );
    expect(answeredWith('posts.read', '304')).toContain('ETag');
    expect(answeredWith('posts.read', '429')).toContain('Retry-After');
    expect(answeredWith('posts.list', '200')).not.toContain('ETag');
  });

  it.each(globSync('apps/*/src/**/*.controller.ts'))('knows of each answer of %s whether it has a version', (path) => {
    const count = (text: string) => readFileSync(path, 'utf8').split(text).length - 1;
    expect(count('versioned: true')).toBe(count('): Promise<Versioned>'));
  });
});
