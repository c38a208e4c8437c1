export default async function tearDown() {
  await globalThis.tearDown?.();
}
