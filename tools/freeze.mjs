// Writes the JSON schema of each new contract to libs/contracts/schemas. Existing schemas are released, and never overwritten.
import { existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { contracts } from '../dist/libs/contracts/src/index.js';

for (const contract of contracts.values()) {
  const path = `libs/contracts/schemas/${contract.type}.json`;
  if (existsSync(path)) continue;
  writeFileSync(path, `${JSON.stringify(z.toJSONSchema(contract.data), null, 2)}\n`);
  process.stdout.write(`${path}\n`);
}
