/** What a statement does, and to which table: `insert` and `outbox`. */
export interface QuerySummary {
  readonly operation: string;
  readonly table?: string;
}

// `for update` locks rows of a read.
const WRITE = /\b(insert into|(?<!for )(?<!no key )update|delete from)\s+(?:only\s+)?("?[\w.]+"?(?:\."?\w+"?)?)/i;
const READ = /\bfrom\s+(?:only\s+)?("?\w+"?(?:\."?\w+"?)?)/i;
const FIRST_WORD = /^\s*(\w+)/;

/**
 * Summarizes a statement for the name of its span. Of a statement with several parts, the first write counts, otherwise
 * the first table that is read. Only texts without values come here: values are always sent as parameters.
 */
export function summaryOf(text: string): QuerySummary {
  const [, write, written] = WRITE.exec(text) ?? [];
  if (write && written) return { operation: write.split(/\s/)[0]?.toUpperCase() ?? '', table: nameIn(written) };
  const operation = FIRST_WORD.exec(text)?.[1]?.toUpperCase() ?? 'QUERY';
  const [, read] = operation === 'SELECT' || operation === 'WITH' ? (READ.exec(text) ?? []) : [];
  return { operation: operation === 'WITH' ? 'SELECT' : operation, ...(read ? { table: nameIn(read) } : {}) };
}

function nameIn(qualified: string): string {
  return qualified.replaceAll('"', '').split('.').at(-1) ?? qualified;
}
