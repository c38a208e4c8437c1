import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { contracts } from '#contracts';
import { packageRoot } from '#database';
import { z } from 'zod';

const folder = join(packageRoot(), 'libs/contracts/schemas');

/** `npm run freeze` writes the files of new contracts; it never changes an existing file. */
describe('A released contract', () => {
  it.each([...contracts.values()])('$type matches its frozen schema', (contract) => {
    const path = join(folder, `${contract.type}.json`);
    expect(existsSync(path)).toBe(true);
    expect(z.toJSONSchema(contract.data)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
  });

  it('is never withdrawn', () => {
    const frozen = readdirSync(folder).map((name) => name.replace(/\.json$/, ''));
    expect([...contracts.keys()].sort()).toEqual(frozen.sort());
  });

  it.each([...contracts.values()])(
    '$type belongs to the topic in its name and declares only follow-ups that exist',
    (contract) => {
      expect(contract.type.startsWith(`${contract.topic}.`)).toBe(true);
      expect(contract.type).toMatch(/\.v\d+$/);
      for (const type of contract.followUps) expect(contracts.has(type)).toBe(true);
    },
  );
});
