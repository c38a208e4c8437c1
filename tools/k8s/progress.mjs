/** Runs a step, and prints its name and how many seconds it took. */
export async function step(name, work) {
  const begun = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`  ${name} …\r`);
  const result = await work();
  print(`  ${name.padEnd(22)} ${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s`);
  return result;
}

export function print(line) {
  process.stdout.write(`${line}\n`);
}
