import type { History } from './history.js';

/** The violations that the checker found, one sentence each. If all lists are empty, every guarantee held. */
export class Verdict {
  /** An acknowledged write whose row or effect is missing. */
  readonly lost: string[] = [];
  /** An event or effect without a committed row, or a refused write that was stored. */
  readonly phantom: string[] = [];
  /** More than one effect in the product's own tables. */
  readonly doubled: string[] = [];
  /** More than one effect in the table of the probe, which only the inbox protects. */
  readonly doubledInProbe: string[] = [];
  /** A response to a read with the token of a write that is older than the write. */
  readonly stale: string[] = [];
  /** A first effect of a lower sequence after that of a higher one. */
  readonly misordered: string[] = [];
}

/** The counts that every delivery line has; `between` are the counts of one kind of line. */
export function countsOf(
  history: History,
  { lost, phantom, doubled, doubledInProbe, misordered, stale }: Verdict,
  between: string,
): string {
  return (
    `writes=${history.writes.length} ok=${history.count('ok')} unknown=${history.count('unknown')} ${between} ` +
    `lost=${lost.length} phantom=${phantom.length} doubled=${doubled.length + doubledInProbe.length} ` +
    `misordered=${misordered.length} read=${history.readBack} stale=${stale.length}`
  );
}

/** Each violation with its kind, one line each. */
export function violationsOf(verdict: Verdict): string[] {
  return kindsOf(verdict).flatMap(([kind, violations]) => violations.map((violation) => `${kind}: ${violation}`));
}

/** The number of violations that a red control caused, by kind; `between` are additional counts. */
export function violationCountsOf(history: History, verdict: Verdict, ...between: string[]): string {
  const counts = kindsOf(verdict).map(([kind, violations]) => `${kind}=${violations.length}`);
  return [`writes=${history.writes.length}`, ...between, ...counts].join(' ');
}

function kindsOf(verdict: Verdict): [string, readonly string[]][] {
  return Object.entries(verdict);
}
