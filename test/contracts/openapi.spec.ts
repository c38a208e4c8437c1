import { globSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { type Config, createConfig, lintFromString } from '@redocly/openapi-core';
import { operationsOf } from '#runtime';
import { platformDocument } from '../support/platform/platform-document.js';

let config: Config;
let document: OpenAPIObject;

beforeAll(async () => {
  config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      'operation-description': 'error',
      'parameter-description': 'error',
      'no-invalid-media-type-examples': 'error',
      'no-invalid-schema-examples': 'error',
      'no-invalid-parameter-examples': 'error',
      'no-unused-components': 'error',
      'info-description': 'error',
    },
  });
  document = await platformDocument();
});

async function lintErrorsOf(source: string): Promise<string[]> {
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`);
}

const operations = () => operationsOf(document).map(({ path, method, operation }) => ({ path, method, ...operation }));

/** The names of the parameters of an operation. */
const parametersOf = (operationId: string) => {
  const { parameters = [] } = operations().find((each) => each.operationId === operationId) ?? {};
  return parameters.map((each) => ('name' in each ? each.name : each.$ref.split('/').at(-1)));
};

const responseHeadersOf = (operationId: string, status: string) => {
  const { responses = {} } = operations().find((each) => each.operationId === operationId) ?? {};
  const response = responses[status];
  return response && 'headers' in response ? Object.keys(response.headers ?? {}) : [];
};

/** Clients are generated from them: an id may be added, never changed. */
const operationIds: Readonly<Record<string, readonly string[]>> = {
  auth: [
    'account',
    'endOtherSessions',
    'endSession',
    'listSessions',
    'login',
    'logout',
    'refresh',
    'register',
    'status',
  ],
  categories: ['change', 'create', 'delete', 'list', 'read'],
  comments: ['change', 'create', 'delete', 'list', 'read'],
  counts: ['tags', 'topAuthors'],
  jwks: ['jwks'],
  notifications: ['list', 'markAllRead', 'markRead', 'readPreferences', 'replacePreferences'],
  posts: ['change', 'create', 'delete', 'feed', 'like', 'list', 'listOfUser', 'publish', 'read', 'unlike', 'unpublish'],
  users: ['change', 'follow', 'followers', 'following', 'list', 'me', 'profile', 'unfollow'],
};

describe('The OpenAPI document', () => {
  it('keeps the ids of its operations', () => {
    const known = Object.entries(operationIds).flatMap(([group, names]) => names.map((name) => `${group}.${name}`));
    expect(operations().map(({ operationId }) => operationId)).toEqual(expect.arrayContaining(known));
  });

  it('passes the linter', async () => {
    expect(await lintErrorsOf(JSON.stringify(document))).toEqual([]);
  });

  it.each([
    ['no-unresolved-refs', '#/components/schemas/PostItem', '#/components/schemas/Nothing'],
    ['operation-operationId-unique', '"posts.read"', '"posts.list"'],
    ['path-parameters-defined', '"name":"id"', '"name":"other"'],
    ['no-identical-paths', '"/v1/users/{id}/posts"', '"/v1/users/{other}/followers"'],
    ['tag-description', '"description":"Posts, comments, likes, categories and the feed."', '"description":""'],
    ['struct', '"type":"integer"', '"type":"whole"'],
    ['operation-description', '"description":"By name, or by creation."', '"description":""'],
    ['parameter-description', '"description":"Id of the comment."', '"description":""'],
    ['no-invalid-media-type-examples', '"example":{"read":true}', '"example":{"read":1}'],
    ['no-empty-servers', /"servers":\[[^\]]*\]/, '"servers":[]'],
  ])('fails the lint rule %s when it is broken', async (rule, valid, broken) => {
    const errors = await lintErrorsOf(JSON.stringify(document).replace(valid, broken));
    expect(errors).toContainEqual(expect.stringMatching(`^${rule}: `));
  });

  it('names the schema of every body, and has an example of each', () => {
    for (const { operationId, requestBody, responses } of operations()) {
      const bodies = [requestBody, ...Object.values(responses)].flatMap((body) =>
        body && 'content' in body ? Object.values(body.content ?? {}) : [],
      );
      for (const { schema, example, examples } of bodies) {
        expect([operationId, schema]).toEqual([operationId, { $ref: expect.any(String) }]);
        expect([operationId, example ?? examples]).toEqual([operationId, expect.any(Object)]);
      }
    }
  });

  it('offers both media types for a change', () => {
    const changes = operations().filter(({ method }) => method === 'patch');
    expect(changes.length).toBeGreaterThan(3);
    for (const { operationId, requestBody } of changes) {
      const types = requestBody && 'content' in requestBody ? Object.keys(requestBody.content) : [];
      expect([operationId, types]).toEqual([operationId, ['application/json', 'application/merge-patch+json']]);
    }
  });

  it('has an example of each problem that a route may answer with', () => {
    const { responses = {} } = operations().find((each) => each.operationId === 'posts.create') ?? {};
    const { 401: refused } = responses;
    const media = refused && 'content' in refused ? refused.content?.['application/problem+json'] : undefined;
    expect(Object.keys(media?.examples ?? {})).toEqual(['UNAUTHENTICATED', 'TOKEN_INVALID', 'SESSION_ENDED']);
    expect(document.components?.examples?.['TOKEN_INVALID']).toMatchObject({
      value: { code: 'TOKEN_INVALID', status: 401, type: 'urn:twofold:problem:token-invalid' },
    });
  });

  it('requires a body only where one is needed', () => {
    const requiresBody = (id: string) => {
      const { requestBody } = operations().find((each) => each.operationId === id) ?? {};
      return requestBody && 'content' in requestBody && requestBody.required;
    };
    expect(requiresBody('notifications.markAllRead')).toBe(false);
    expect(requiresBody('notifications.markRead')).toBe(true);
  });

  it('types numeric query parameters as integers', () => {
    const { parameters = [] } = operations().find((each) => each.operationId === 'posts.list') ?? {};
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        schema: expect.objectContaining({ type: 'integer', minimum: 1, maximum: 100, default: 20 }),
      }),
    );
  });

  it('lists the headers of every request and response', () => {
    for (const { path, operationId, responses } of operations().filter((each) => each.path.startsWith('/v1/'))) {
      expect([path, parametersOf(operationId ?? '')]).toEqual([path, expect.arrayContaining(['ConsistencyToken'])]);
      for (const status of Object.keys(responses)) {
        expect(responseHeadersOf(operationId ?? '', status)).toEqual(
          expect.arrayContaining(['RateLimit', 'X-Trace-Id']),
        );
      }
    }
  });

  it('lists the headers of single routes', () => {
    expect(parametersOf('posts.create')).toContain('Idempotency-Key');
    expect(parametersOf('posts.change')).toContain('If-Match');
    expect(parametersOf('posts.read')).toContain('IfNoneMatch');
    expect(responseHeadersOf('posts.create', '201')).toEqual(
      expect.arrayContaining(['Consistency-Token', 'ETag', 'Location']),
    );
    expect(responseHeadersOf('posts.read', '304')).toContain('ETag');
    expect(responseHeadersOf('posts.read', '429')).toContain('Retry-After');
    expect(responseHeadersOf('posts.list', '200')).toContain('ETag');
    expect(responseHeadersOf('auth.login', '200')).not.toContain('ETag');
  });

  it.each(globSync('apps/*/src/**/*.controller.ts'))('marks each versioned response of %s', (path) => {
    const count = (text: string) => readFileSync(path, 'utf8').split(text).length - 1;
    expect(count('versioned: true')).toBe(count('): Promise<Versioned>'));
  });
});
