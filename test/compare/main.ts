/**
 * Compares the topologies: `npm run compare`, or in ten minutes and only two of them `npm run compare -- --quick`. Writes
 * docs/reference/tradeoff.md, .html and .json, or with `--out FOLDER` there; `--report FILE.json` only writes them again.
 * `--check` finds out in four minutes whether the comparison works, and compares nothing.
 * `npm run compare -- reasons` demonstrates the reasons to split, `-- reasons crash-loop` one of them; `-- capacity` finds
 * how far each goes.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { packageRoot } from '#database';
import { assertCpuTimeIsReadable } from '../bench/cpu.js';
import { type Containers, withContainers } from '../support/infrastructure/containers.js';
import { compareAnswers } from './answers/compare-answers.js';
import { measureExtras } from './extras.js';
import { distribution } from './report/distribution.js';
import { thisMachine } from './report/machine.js';
import { checksOf, type Extras, noExtras, quantilesOf, subjectSummary } from './report/summary.js';
import { measureCapacity } from './capacity/measure-capacity.js';
import { demonstrate } from './reasons/demonstrate.js';
import { writeAgain, writeCapacity, writeReasons, writeReport, type Written } from './report/write.js';
import { minutesOf, plans } from './plans.js';
import { type Plan, run, say, subjectOf } from './run.js';
import { Stage } from './subjects/running.js';
import type { SubjectKey } from './subjects/subjects.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    out: { type: 'string' },
    report: { type: 'string' },
  },
});

// The Kafka client says more than the progress that is shown here.
Logger.overrideLogger(['error']);

const { quick, check, report, only, rounds } = values;
const plan: Plan = check ? plans.check : quick ? plans.quick : plans.full;
/** Those whose answers must be the same; the naive foil gives no Consistency-Token. */
const equal: readonly SubjectKey[] = ['monolith', 'services', 'mixture', 'hop'];

if (report) writeAgain(JSON.parse(readFileSync(report, 'utf8')) as Written, folder());
else if (positionals[0] === 'reasons')
  await onStage(async (stage) => writeReasons(thisMachine(), await demonstrate(stage, positionals.slice(1)), folder()));
else if (positionals[0] === 'capacity')
  await onStage(async (stage, containers) =>
    writeCapacity(thisMachine(), await measureCapacity(stage, containers), folder()),
  );
else await compare();

async function compare(): Promise<void> {
  assertCpuTimeIsReadable();
  const given: Plan = {
    ...plan,
    ...(only ? { subjects: withMonolith(only.split(',')) } : {}),
    ...(rounds ? { rounds: Number(rounds) } : {}),
  };
  say(`Comparing ${given.subjects.join(', ')}: ${given.rounds} rounds, about ${minutesOf(given)} minutes.`);
  await onStage((stage, containers) => compareOn(stage, containers, given));
}

/** What all others, and each run, are compared with. */
function withMonolith(names: readonly string[]): SubjectKey[] {
  return [...new Set(['monolith', ...names])].map((key) => subjectOf(key as SubjectKey).key as SubjectKey);
}

async function compareOn(stage: Stage, containers: Containers, { subjects: keys, ...given }: Plan): Promise<string> {
  const { sizes } = given;
  const answers = await compareAnswers(stage, keys.filter((key) => equal.includes(key)).map(subjectOf));
  say(`${answers.exchanges} exchanges, ${Object.keys(answers.differences).length} subjects answer differently`);
  for (const [key, difference] of Object.entries(answers.differences)) say(`${key}: ${difference}`);
  const measured = await run(stage, containers, { subjects: keys, ...given });
  const checks = checksOf(measured, answers, { judgeNoise: !check });
  const common = {
    machine: thisMachine(),
    command: commandOf(),
    sizes,
    rounds: given.rounds,
    checks,
    raw: quantilesOf(measured.rounds.flatMap(({ raw }) => raw)),
    distribution: distribution(),
  };
  const write = (extras: Extras) => {
    const subjects = keys.map((key) => subjectSummary(key, measured.rounds, extras));
    return writeReport({ ...common, subjects }, folder());
  };
  // Kept already, should what follows fail.
  let shown = write(noExtras);
  if (sizes.saturate) shown = write(await measureExtras(stage, containers, keys, sizes));
  process.exitCode = checks.void.length > 0 ? 1 : 0;
  return [
    shown,
    ...checks.void.map((reason) => `VOID: ${reason}.\n`),
    `compare: ${checks.passed} passed, ${checks.void.length} failed\n`,
  ].join('');
}

/** As it can be repeated; where the report is written makes no difference. */
function commandOf(): string {
  const options = [
    ...(check ? ['--check'] : []),
    ...(quick ? ['--quick'] : []),
    ...(only ? [`--only ${only}`] : []),
    ...(rounds ? [`--rounds ${rounds}`] : []),
  ];
  return ['npm run compare', ...(options.length > 0 ? ['--', ...options] : [])].join(' ');
}

/** Runs `work` on started containers, and prints what it returns. */
async function onStage(work: (stage: Stage, containers: Containers) => Promise<string>): Promise<void> {
  await withContainers(async (containers) => {
    const stage = await Stage.build(containers);
    try {
      process.stdout.write(await work(stage, containers));
    } finally {
      await stage.close();
    }
  });
}

function folder(): string {
  const path = values.out ?? join(packageRoot(), plan === plans.full ? 'docs/reference' : 'dist/compare');
  mkdirSync(path, { recursive: true });
  return path;
}
