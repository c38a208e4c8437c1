import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as contractsDoor from '#contracts';
import { auth } from '#auth';
import { type Contract, contracts, topics } from '#contracts';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { users } from '#users';
import { listenersOf } from '../reference/events.page.js';

const door: Readonly<Record<string, unknown>> = contractsDoor;
const contractNames = Object.keys(door).filter((name) => /V\d+$/.test(name));
const sources = globSync('apps/*/src/**/*.ts').filter(
  (path) => !path.endsWith('.spec.ts') && !path.includes('generated'),
);
const codeOf = (paths: readonly string[]) => paths.map((path) => readFileSync(path, 'utf8')).join('\n');
const listeners = [auth, users, posts, notifications].flatMap(({ name: service, module }) =>
  listenersOf(module).map((listener) => ({ service, ...listener })),
);
const others = codeOf(sources.filter((path) => !path.endsWith('.handler.ts')));

describe('Every event', () => {
  it.each(contractNames)('%s is consumed by a handler', (name) => {
    const contract = door[name] as Contract;
    expect(listeners.filter((listener) => listener.contracts.includes(contract))).not.toEqual([]);
  });

  it.each(contractNames)('%s is emitted by a service', (name) => {
    expect(others).toMatch(new RegExp(`(newEvent|eventOf)\\(\\s*${name}\\b`));
  });
});

describe('Every topic', () => {
  const heard = listeners.flatMap(({ service, contracts }) => contracts.map(({ topic }) => ({ service, topic })));

  it('is known, and belongs to who publishes on it', () => {
    const used = new Set([...contracts.values()].map((contract) => contract.topic));
    expect(topics.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
    for (const { name, owner } of topics) expect(name.split('.')[0]).toBe(owner);
  });

  it.each(topics)('$name is heard by those who say so', ({ name, subscribers }) => {
    const services = heard.filter(({ topic }) => topic === name).map(({ service }) => service);
    expect([...new Set(services)].toSorted()).toEqual([...subscribers].toSorted());
  });
});
