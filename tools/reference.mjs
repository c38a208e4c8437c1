// Writes docs/reference from the code.
import { mkdirSync, writeFileSync } from 'node:fs';
import { referencePages } from '../dist/test/reference/pages.js';

mkdirSync('docs/reference', { recursive: true });
for (const [name, text] of Object.entries(await referencePages())) writeFileSync(`docs/reference/${name}`, text);
