import type { Demonstration, Fared } from '../../reasons/demonstrate.js';
import { reasons } from '../../reasons/reasons.js';
import { subjectOf } from '../../run.js';
import { milliseconds, type Section } from './section.js';

/** One section for each reason to split that was demonstrated. */
export function demonstrated(all: readonly Demonstration[]): Section[] {
  return reasons.flatMap(({ key, title, trouble, where }) => {
    const shown = all.filter(({ reason }) => reason === key);
    if (shown.length === 0) return [];
    const rows = shown.flatMap(({ bystanders, concerned, lasted, ...which }) =>
      (
        [
          ['the others', bystanders],
          [where.join(', '), concerned],
        ] as const
      ).flatMap(([whose, fared]) =>
        fared.before.p50 === 0 ? [] : [[titleOf(which), whose, ...cellsOf(fared), (lasted / 1_000).toFixed(1)]],
      ),
    );
    return [
      {
        title,
        paragraphs: [trouble],
        tables: [
          {
            head: [
              '',
              'reads of',
              'p99 before, ms',
              'p99 meanwhile',
              'p50 before',
              'p50 meanwhile',
              'failed meanwhile',
              'lasted s',
            ],
            rows,
          },
        ],
        charts: [
          {
            title: `p99 of reads that have nothing to do with it`,
            kind: 'bars' as const,
            unit: 'ms',
            logarithmic: true,
            labels: shown.map(titleOf),
            series: (['before', 'during'] as const).map((when) => ({
              name: when,
              values: shown.map(({ bystanders }) => bystanders[when].p99 || null),
            })),
          },
        ],
      },
    ];
  });
}

function titleOf({ subject, without }: Pick<Demonstration, 'subject' | 'without'>): string {
  const { title } = subjectOf(subject);
  return without ? `${title}, ${without}` : title;
}

function cellsOf({ before, during }: Fared): string[] {
  return [
    milliseconds(before.p99),
    milliseconds(during.p99),
    milliseconds(before.p50),
    milliseconds(during.p50),
    `${(during.failed * 100).toFixed(1)} %`,
  ];
}
