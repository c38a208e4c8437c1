import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as contractsIndex from '#contracts';
import { auth } from '#auth';
import { type Contract, contracts, topics } from '#contracts';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { users } from '#users';
import { consumersOf } from '../reference/events.page.js';

const exported: Readonly<Record<string, unknown>> = contractsIndex;
const contractNames = Object.keys(exported).filter((name) => /V\d+$/.test(name));
const sources = globSync('apps/*/src/**/*.ts').filter(
  (path) => !path.endsWith('.spec.ts') && !path.includes('generated'),
);
const codeOf = (paths: readonly string[]) => paths.map((path) => readFileSync(path, 'utf8')).join('\n');
const consumers = [auth, users, posts, notifications].flatMap(({ name: service, module }) =>
  consumersOf(module).map((consumer) => ({ service, ...consumer })),
);
const others = codeOf(sources.filter((path) => !path.endsWith('.handler.ts')));

describe('Every event', () => {
  it.each(contractNames)('%s is consumed by a handler', (name) => {
    const contract = exported[name] as Contract;
    expect(consumers.filter((consumer) => consumer.contracts.includes(contract))).not.toEqual([]);
  });

  it.each(contractNames)('%s is published by a service', (name) => {
    expect(others).toMatch(new RegExp(`(newEvent|eventOf)\\(\\s*${name}\\b`));
  });
});

describe('Every topic', () => {
  const consumed = consumers.flatMap(({ service, contracts }) => contracts.map(({ topic }) => ({ service, topic })));

  it('is declared, and owned by the service that publishes to it', () => {
    const used = new Set([...contracts.values()].map((contract) => contract.topic));
    expect(topics.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
    for (const { name, owner } of topics) expect(name.split('.')[0]).toBe(owner);
  });

  it.each(topics)('$name is consumed by exactly its declared subscribers', ({ name, subscribers }) => {
    const services = consumed.filter(({ topic }) => topic === name).map(({ service }) => service);
    expect([...new Set(services)].toSorted()).toEqual([...subscribers].toSorted());
  });
});
