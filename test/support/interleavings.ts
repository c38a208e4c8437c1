/** All interleavings of two lists that keep the order within each. */
export function interleavings<T>(one: readonly T[], other: readonly T[]): T[][] {
  const [a, ...restOne] = one;
  const [b, ...restOther] = other;
  if (a === undefined) return [[...other]];
  if (b === undefined) return [[...one]];
  return [
    ...interleavings(restOne, other).map((rest) => [a, ...rest]),
    ...interleavings(one, restOther).map((rest) => [b, ...rest]),
  ];
}
