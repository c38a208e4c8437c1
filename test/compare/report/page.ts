import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';
import type { Chart, Section, Table } from './sections/section.js';

/** One file that needs nothing else: charts by Chart.js, light or dark as the reader's system is, and readable on a phone. */
export function pageOf(title: string, sections: readonly Section[]): string {
  const library = readFileSync(join(packageRoot(), 'node_modules/chart.js/dist/chart.umd.min.js'), 'utf8');
  const script = readFileSync(join(packageRoot(), 'test/compare/report/charts.js'), 'utf8');
  const styles = readFileSync(join(packageRoot(), 'test/compare/report/page.css'), 'utf8');
  const charts = sections.flatMap((section) => section.charts ?? []);
  let number = 0;
  const body = sections.map(
    ({ title: heading, paragraphs, tables = [], charts: own = [] }) =>
      `<section><h2>${escaped(heading)}</h2>${paragraphs.map(paragraph).join('')}${own.map((chart) => figure(chart, number++)).join('')}${tables.map(tableOf).join('')}</section>`,
  );
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${styles}</style></head><body><main><h1>${escaped(title)}</h1>${body.join('\n')}</main>`,
    `<script>${library}</script>`,
    `<script type="application/json" id="charts">${JSON.stringify(charts).replaceAll('<', '\\u003c')}</script>`,
    `<script>${script}</script></body></html>\n`,
  ].join('\n');
}

function figure({ title, labels, kind }: Chart, number: number): string {
  const height = kind === 'stacked bars' ? 120 + 36 * labels.length : 360;
  return `<figure><figcaption>${escaped(title)}</figcaption><div style="height:${height}px"><canvas id="chart-${number}" role="img" aria-label="${escaped(title)}; the tables have the same figures"></canvas></div></figure>`;
}

function tableOf({ head, rows }: Table): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    row.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('');
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`;
}

const paragraph = (text: string) => `<p>${inline(text)}</p>`;

/** The little Markdown that the sections use. */
function inline(text: string): string {
  return escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/(?<![\w])_([^_]+)_(?![\w])/g, '<em>$1</em>')
    .replace(
      /\[([^\]]+)\]\(([^)\s]+)\)/g,
      (_, name: string, target: string) => `<a href="${pageFor(target)}">${name}</a>`,
    );
}

/** Of the other reports there is a page too. */
const pageFor = (target: string) => target.replace(/^(tradeoff|reasons-to-split|capacity)\.md/, '$1.html');

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
