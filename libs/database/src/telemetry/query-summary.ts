/** What a statement does, and to which table: `insert` and `outbox`. */
export interface QuerySummary {
  readonly operation: string;
  readonly table?: string;
}

// `for update` locks rows of a read.
const WRITE = /\b(insert into|(?<!for )(?<!no key )update|delete from)\s+(?:only\s+)?("?[\w.]+"?(?:\."?\w+"?)?)/i;
// Not a function, such as unnest(…).
const READ = /\bfrom\s+(?:only\s+)?("?\w+"?(?:\."?\w+"?)?)(?![\w."]|\s*\()/i;
const FIRST_WORD = /^\s*(\w+)/;

/**
 * Summarizes a statement for the name of its span. Of a statement with several parts, the first write counts, otherwise
 * the first table that is read, outside subqueries if there is one. Only texts without values come here: values are always sent as parameters.
 */
export function summaryOf(text: string): QuerySummary {
  const [, write, written] = WRITE.exec(text) ?? [];
  if (write && written) return { operation: write.split(/\s/)[0]?.toUpperCase() ?? '', table: nameIn(written) };
  const operation = FIRST_WORD.exec(text)?.[1]?.toUpperCase() ?? 'QUERY';
  if (operation !== 'SELECT' && operation !== 'WITH') return { operation };
  const outer = operation === 'SELECT' ? READ.exec(withoutParentheses(text)) : undefined;
  const [, read] = outer ?? READ.exec(text) ?? [];
  return { operation: 'SELECT', ...(read ? { table: nameIn(read) } : {}) };
}

/** With each pair of parentheses, and what is inside, replaced by an empty pair. */
function withoutParentheses(text: string): string {
  const inner = text.replaceAll(/\([^()]*\)/g, '[]');
  return inner === text ? text.replaceAll('[]', '()') : withoutParentheses(inner);
}

function nameIn(qualified: string): string {
  return qualified.replaceAll('"', '').split('.').at(-1) ?? qualified;
}
