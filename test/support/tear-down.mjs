// The clean-up actions of all Jest projects of a run. Jest calls this once per project; each action runs once.
globalThis.twofoldTearDowns ??= [];

export function onTearDown(action) {
  globalThis.twofoldTearDowns.push(action);
}

export default async function tearDown() {
  for (const action of globalThis.twofoldTearDowns.splice(0)) await action();
}
