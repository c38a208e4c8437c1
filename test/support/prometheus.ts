import assert from 'node:assert/strict';

/** Asks the HTTP API of a Prometheus, such as for `rules`. Throws what it answers if it does not understand the question. */
export async function askPrometheus<T>(url: string, path: string): Promise<T> {
  const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: T; error?: string };
  assert.ok(!answer.error, `${decodeURIComponent(path)}: ${answer.error}`);
  return answer.data;
}

/** A series that an expression is true for, with its value at this moment. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export async function evaluate(url: string, expression: string): Promise<readonly Sample[]> {
  const path = `query?query=${encodeURIComponent(expression)}`;
  return (await askPrometheus<{ result: readonly Sample[] }>(url, path)).result;
}

/** The rules of a Prometheus, recording and alerting. */
export async function rulesOf<Rule>(url: string): Promise<readonly Rule[]> {
  const { groups } = await askPrometheus<{ groups: readonly { rules: readonly Rule[] }[] }>(url, 'rules');
  return groups.flatMap(({ rules }) => rules);
}
