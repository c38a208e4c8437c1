// Writes from the code: docs/reference, and the SQL of each repository beside it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { referencePages } from '../dist/test/reference/pages.js';
import { statementFiles } from '../dist/test/reference/statement-files.js';

mkdirSync('docs/reference', { recursive: true });
for (const [name, text] of Object.entries(await referencePages())) writeFileSync(`docs/reference/${name}`, text);
for (const [path, text] of Object.entries(statementFiles())) writeFileSync(path, text);
