import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auth } from '#auth';
import { type Contract, contracts } from '#contracts';
import { packageRoot } from '#database';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { sampleOf } from '#runtime';
import { users } from '#users';
import { z } from 'zod';
import { code, page, table } from './markdown.js';

interface Consumer {
  readonly consumer: string;
  readonly contracts: readonly Contract[];
  readonly awaited: boolean;
}

export function eventsPage(): string {
  const consumers = [auth, users, posts, notifications].flatMap(({ module }) => consumersOf(module));
  const descriptions = new Map(docstrings());
  const all = [...contracts.values()];
  const overview = table(
    ['event', 'published by', 'consumed by'],
    all.map((contract) => [
      `[${code(contract.type)}](#${contract.type.replaceAll('.', '')})`,
      publisherOf(contract),
      consumers
        .filter((each) => each.contracts.includes(contract))
        .map((each) => code(each.consumer))
        .join(', '),
    ]),
  );
  const parts = all.flatMap((contract) => [
    `## ${contract.type}`,
    descriptions.get(contract.type) ?? '',
    table(
      ['', ''],
      [
        ['topic, key', `${code(contract.topic)}, ${code(keyOf(contract))}`],
        ['published by', publisherOf(contract)],
        ...consumers
          .filter((each) => each.contracts.includes(contract))
          .map((each) => ['consumed by', `${code(each.consumer)}${each.awaited ? ', awaited' : ''}`]),
        ...(contract.followUps.length > 0 ? [['always followed by', contract.followUps.map(code).join(', ')]] : []),
      ],
    ),
    ['```json', JSON.stringify(exampleOf(contract), null, 2), '```'].join('\n'),
  ]);
  return page(
    'Events',
    'Every event, with its publisher, its consumers and an example.',
    'An example shows the event as stored in the outbox, with its payload in `data`. A request with the ' +
      'Consistency-Token of a write waits for the consumers that are _awaited_.',
    overview,
    ...parts,
  );
}

const publisherOf = ({ type }: Contract) => type.split('.')[0] ?? '';

/** The consumers of a service, as its module declares them. */
export function consumersOf(module: object): Consumer[] {
  const own = (Reflect.getMetadata('controllers', module) ?? []) as { prototype: object }[];
  const imports = (Reflect.getMetadata('imports', module) ?? []) as { controllers?: { prototype: object }[] }[];
  return [...own, ...imports.flatMap(({ controllers = [] }) => controllers)].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof method !== 'function') return [];
      const [consumer] = (Reflect.getMetadata('microservices:pattern', method) ?? []) as string[];
      const extras = Reflect.getMetadata('microservices:pattern_extras', method) as
        Omit<Consumer, 'consumer'> | undefined;
      return consumer && extras ? [{ consumer, contracts: extras.contracts, awaited: extras.awaited }] : [];
    }),
  );
}

/** The docstring of each contract in the code. */
function docstrings(): [string, string][] {
  return globSync(join(packageRoot(), 'libs/contracts/src/*/*.v*.ts')).map((path) => {
    const [, text = '', type = ''] =
      /\/\*\*([\s\S]*?)\*\/\s*export const \w+ = contract\(\{\s*type: '([^']+)'/.exec(readFileSync(path, 'utf8')) ?? [];
    return [type, text.replaceAll(/\s*\n\s*\*\s?/g, ' ').trim()];
  });
}

/** The name of the field of the data that is the key. */
function keyOf(contract: Contract): string {
  return /data\.(\w+)/.exec(String(contract.keyOf))?.[1] ?? '';
}

function exampleOf(contract: Contract) {
  const data = sampleOf(z.toJSONSchema(contract.data));
  return {
    id: '0198c0de-0000-7000-8000-000000000001',
    type: contract.type,
    topic: contract.topic,
    key: contract.keyOf(contract.data.parse(data)),
    sequence: 1,
    time: '2026-01-02T03:04:05.678Z',
    causationId: null,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data,
  };
}
