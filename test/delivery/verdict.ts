import type { History } from './history.js';

/** What is wrong, a sentence each. All empty: every promise was kept. */
export class Verdict {
  /** An acknowledged write whose row or effect is missing. */
  readonly lost: string[] = [];
  /** An event or effect without a committed row, or a refused write that is present. */
  readonly phantom: string[] = [];
  /** More than one effect in the product's own tables. */
  readonly doubled: string[] = [];
  /** More than one effect in the probe's table, which nothing but the inbox protects. */
  readonly doubledInProbe: string[] = [];
  /** An answer to a request with the token of a write that was older than the write. */
  readonly stale: string[] = [];
  /** A first effect of a lower sequence after that of a higher one. */
  readonly misordered: string[] = [];
}

/** The counts that all delivery lines have, in words of their own. */
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

/** Each fault with its kind, a line each. */
export function faultsOf(verdict: Verdict): string[] {
  return kindsOf(verdict).flatMap(([kind, faults]) => faults.map((fault) => `${kind}: ${fault}`));
}

/** What a red control was found guilty of, by kind, with words of its own. */
export function guiltOf(history: History, verdict: Verdict, ...between: string[]): string {
  const counts = kindsOf(verdict).map(([kind, faults]) => `${kind}=${faults.length}`);
  return [`writes=${history.writes.length}`, ...between, ...counts].join(' ');
}

function kindsOf(verdict: Verdict): [string, readonly string[]][] {
  return Object.entries(verdict);
}
