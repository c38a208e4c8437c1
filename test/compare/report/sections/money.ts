import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { ourParts, sumOf } from '../../subjects/parts.js';
import { mebibytes, type Section } from './section.js';
import type { SubjectSummary, Summary } from '../summary.js';

/** Prices of a month; null until the reader has filled them in. */
interface Prices {
  readonly currency: string;
  readonly perProcessor: number | null;
  readonly perGibibyte: number | null;
  /** What a managed database, or broker, costs beside its processors and memory. */
  readonly perDatabase: number | null;
  readonly perBroker: number | null;
  /** What it costs to build, deploy and watch one more thing. */
  readonly perImageDeployed: number | null;
}

const FILE = 'test/compare/prices.json';
/** Requests per second of the mixed load, on average. */
const SIZES = [10, 100, 1_000];
/** Processors are bought for twice what is used on average. */
const UTILIZATION = 0.5;

/** What a month takes at three sizes: from the CPU per request, what idles, and the memory. */
export function money({ subjects }: Summary): Section {
  const prices = JSON.parse(readFileSync(join(packageRoot(), FILE), 'utf8')) as Prices;
  const product = subjects.filter(({ foil }) => !foil);
  const rows = product.map((each) => [
    each.title,
    ...SIZES.map((rate) => {
      const cost = costOf(each, rate, prices);
      const needs = `${processors(each, rate).toFixed(2)} processors`;
      return cost === undefined ? needs : `${needs}, ${cost.toFixed(0)} ${prices.currency}`;
    }),
    `${mebibytes(sumOf(each.memory))} MiB`,
  ]);
  return {
    title: 'Money per month',
    paragraphs: [
      `_Processors_ = (idle + requests × CPU per request above idle) ÷ ${UTILIZATION}: a formula, not a measurement, and without replicas for availability. A month costs processors × price + memory × price + databases × price + brokers × price + deployed images × price. Fill in your prices in \`${FILE}\`, and run \`npm run compare -- --report docs/reference/tradeoff.json\`: the table then has money, too.`,
    ],
    tables: [{ head: ['', ...SIZES.map((rate) => `${rate} requests/s`), 'memory'], rows }],
  };
}

function processors({ idle, mixed }: SubjectSummary, rate: number): number {
  return (sumOf(idle) + rate * mixed.aboveIdle.median) / 1e6 / UTILIZATION;
}

function costOf(each: SubjectSummary, rate: number, prices: Prices): number | undefined {
  const { perProcessor, perGibibyte, perDatabase, perBroker, perImageDeployed } = prices;
  if (perProcessor === null || perGibibyte === null) return undefined;
  const parts = Object.keys(each.idle);
  const ours = ourParts(parts).length;
  return (
    processors(each, rate) * perProcessor +
    (sumOf(each.memory) / 2 ** 30) * perGibibyte +
    ours * ((perDatabase ?? 0) + (perImageDeployed ?? 0)) +
    (parts.includes('kafka') ? (perBroker ?? 0) : 0)
  );
}
