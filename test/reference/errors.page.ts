import { runtimeErrors } from '#runtime';
import { authErrors } from '../../apps/auth/src/auth.errors.js';
import { notificationErrors } from '../../apps/notifications/src/notifications.errors.js';
import { postErrors } from '../../apps/posts/src/posts.errors.js';
import { userErrors } from '../../apps/users/src/users.errors.js';
import { code, page, table } from './markdown.js';

type Catalogue = Readonly<Record<string, { readonly definition: { code: string; status: number; title: string } }>>;

const catalogues: readonly [string, Catalogue][] = [
  ['Every route', runtimeErrors],
  ['auth', authErrors],
  ['users', userErrors],
  ['posts', postErrors],
  ['notifications', notificationErrors],
];

export function errorsPage(): string {
  const parts = catalogues.flatMap(([name, catalogue]) => [`## ${name}`, tableOf(catalogue)]);
  return page(
    'Errors',
    'Every problem code, with its status and its title.',
    'A problem is `application/problem+json` (RFC 9457). Clients may depend on its `code`; its `type` is ' +
      '`urn:twofold:problem:` and the code in lower case, with hyphens.',
    ...parts,
  );
}

function tableOf(catalogue: Catalogue): string {
  const rows = Object.values(catalogue).map(({ definition }) => definition);
  return table(
    ['code', 'status', 'title'],
    rows.map(({ code: name, status, title }) => [code(name), String(status), title]),
  );
}
