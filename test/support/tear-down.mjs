// What the projects of a run have started; jest calls this once per project, and each thing is stopped once.
globalThis.twofoldTearDowns ??= [];

export function onTearDown(action) {
  globalThis.twofoldTearDowns.push(action);
}

export default async function tearDown() {
  for (const action of globalThis.twofoldTearDowns.splice(0)) await action();
}
