import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { Client, Person } from '../platform/client.js';

const CONCURRENCY = 4;

export interface Loading {
  /** Resolves when this many responses have come. */
  after(answers: number): Promise<void>;
  /** The number of responses so far. */
  answers(): number;
  end(): Promise<{ answers: number; failed: string[]; servedBy: string[] }>;
}

/** Clients, four by default, each of which sends one request after the other until `end`. */
export function load(url: string, request: RequestInit = {}, clients = CONCURRENCY): Loading {
  const failed: string[] = [];
  const servedBy = new Set<string>();
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  let answers = 0;
  let ending = false;
  const read = async () => {
    while (!ending) {
      try {
        const answer = await fetch(url, request);
        const text = await answer.text();
        const server = answer.headers.get('x-served-by') ?? 'none';
        servedBy.add(server);
        if (!answer.ok) failed.push(`${url} answered ${answer.status} by ${server}: ${text}`);
      } catch (error) {
        failed.push(`${url}: ${String((error as Error).cause ?? error)}`);
      }
      answers++;
      for (const { done } of waiting.filter(({ count }) => answers >= count)) done();
    }
  };
  const readers = Promise.all(Array.from({ length: clients }, read));
  return {
    answers: () => answers,
    after: (count) => (answers >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done }))),
    end: async () => {
      ending = true;
      await readers;
      return { answers, failed, servedBy: [...servedBy] };
    },
  };
}

/** Ends all, and throws if a request has failed. Returns the number of responses. */
export async function endWithoutFailure(loads: readonly Loading[], during = 'the test'): Promise<number> {
  const results = await Promise.all(loads.map((each) => each.end()));
  const failed = results.flatMap((each) => each.failed);
  const answers = results.reduce((sum, each) => sum + each.answers, 0);
  assert.deepEqual(failed.slice(0, 10), [], `${failed.length} of ${answers} requests failed during ${during}`);
  return answers;
}

const KNOWN_TIMEOUT_MS = 60_000;

/**
 * Registers an account that every service knows, with a published post: under load, a new account can take longer than the two
 * seconds for which a service waits for it.
 */
export async function writerKnownEverywhere(api: Client): Promise<Person & { readonly post: string }> {
  const person = await api.person('Writer');
  const { token } = person;
  for (const path of ['/v1/users/me', '/v1/notifications'])
    await eventually(
      `${path} knows the account`,
      async () => (await api.get(path, { token })).status === 200,
      KNOWN_TIMEOUT_MS,
    );
  const post = await eventually(
    'posts knows the account',
    async () => {
      const reply = await api.post('/v1/posts', { title: 'Read often', body: 'B', status: 'published' }, { token });
      return reply.status === 201 && reply.body.data.id;
    },
    KNOWN_TIMEOUT_MS,
  );
  return { ...person, post };
}
