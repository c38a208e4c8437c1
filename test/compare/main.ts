/**
 * Compares the topologies: `npm run compare`, or in ten minutes and only two of them `npm run compare -- --quick`. Writes
 * docs/reference/tradeoff.md, .html and .json, or with `--out FOLDER` there; `--report FILE.json` only writes them again.
 * `npm run compare -- reasons` demonstrates the reasons to split, `-- reasons crash-loop` one of them.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '#database';
import { assertCpuTimeIsReadable } from '../bench/cpu.js';
import { withContainers } from '../support/infrastructure/containers.js';
import { compareAnswers } from './answers/compare-answers.js';
import { measureExtras } from './extras.js';
import { distribution } from './report/distribution.js';
import { thisMachine } from './report/machine.js';
import { checksOf, type Extras, quantilesOf, type Summary, subjectSummary } from './report/summary.js';
import { demonstrate } from './reasons/demonstrate.js';
import { writeReasons, writeReport } from './report/write.js';
import { run, say, subjectOf } from './run.js';
import { Stage } from './subjects/running.js';
import { type SubjectKey, subjects } from './subjects/subjects.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    out: { type: 'string' },
    report: { type: 'string' },
  },
});

const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 3 : 5));
const keys = (values.only?.split(',') ?? (quick ? ['monolith', 'services'] : subjects.map(({ key }) => key))).map(
  (key) => subjectOf(key as SubjectKey).key as SubjectKey,
);
const sizes = {
  rate: 200,
  readRate: 400,
  warmUp: { rate: 400, seconds: quick ? 8 : 12 },
  seconds: Number(values.seconds ?? (quick ? 8 : 20)),
  publications: quick ? 50 : 100,
  saturate: !quick,
};
/** Those whose answers must be the same; the naive foil gives no Consistency-Token. */
const equal: readonly SubjectKey[] = ['monolith', 'services', 'mixture', 'hop'];
/** Seconds of a visit beside its phases, as seen, and of finding the highest rate. */
const AROUND_A_VISIT = 14;
const SATURATION = 70;

if (values.report) writeReport(JSON.parse(readFileSync(values.report, 'utf8')) as Summary, folder());
else if (positionals[0] === 'reasons') await showReasons(positionals.slice(1));
else await compare();

async function showReasons(chosen: readonly string[]): Promise<void> {
  await withContainers(async (containers) => {
    const stage = await Stage.build(containers);
    try {
      const shown = await demonstrate(stage, chosen);
      process.stdout.write(writeReasons({ machine: thisMachine(), shown }, folder()));
    } finally {
      await stage.close();
    }
  });
}

async function compare(): Promise<void> {
  assertCpuTimeIsReadable();
  const visit = AROUND_A_VISIT + sizes.warmUp.seconds + 2 * sizes.seconds + sizes.publications / 10;
  const minutes = (rounds * (keys.length + 1) * (visit + (sizes.saturate ? SATURATION : 0)) + (quick ? 60 : 900)) / 60;
  say(`Comparing ${keys.join(', ')}: ${rounds} rounds, about ${Math.ceil(minutes)} minutes.`);
  await withContainers(async (containers) => {
    const stage = await Stage.build(containers);
    try {
      const answers = await compareAnswers(stage, keys.filter((key) => equal.includes(key)).map(subjectOf));
      say(`${answers.exchanges} exchanges, ${Object.keys(answers.differences).length} subjects answer differently`);
      for (const [key, difference] of Object.entries(answers.differences)) say(`${key}: ${difference}`);
      const measured = await run(stage, containers, { subjects: keys, rounds, sizes });
      const write = (extras: Extras) => {
        const summary: Summary = {
          machine: thisMachine(),
          command: `npm run compare${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
          sizes,
          rounds,
          checks: checksOf(measured, answers),
          raw: quantilesOf(measured.rounds.flatMap(({ raw }) => raw)),
          subjects: keys.map((key) => subjectSummary(key, measured.rounds, extras)),
          distribution: distribution(),
        };
        process.stdout.write(writeReport(summary, folder()));
        return summary.checks.void;
      };
      // Kept already, should what follows fail.
      let reasonsForVoid = write({ counts: {}, faults: {}, releases: {} });
      if (!quick) reasonsForVoid = write(await measureExtras(stage, containers, keys, sizes));
      for (const reason of reasonsForVoid) process.stdout.write(`VOID: ${reason}.\n`);
      process.exitCode = reasonsForVoid.length > 0 ? 1 : 0;
    } finally {
      await stage.close();
    }
  });
}

function folder(): string {
  const path = values.out ?? join(packageRoot(), quick ? 'dist/compare' : 'docs/reference');
  mkdirSync(path, { recursive: true });
  return path;
}
