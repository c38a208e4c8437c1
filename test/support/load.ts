const CONCURRENCY = 4;

export interface Loading {
  /** Resolves when this many responses have come. */
  after(answers: number): Promise<void>;
  /** The number of responses so far. */
  answers(): number;
  end(): Promise<{ answers: number; failed: string[]; servedBy: string[] }>;
}

/** Four clients, each of which sends one request after the other until `end`. */
export function load(url: string, request: RequestInit = {}): Loading {
  const failed: string[] = [];
  const servedBy = new Set<string>();
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  let answers = 0;
  let ending = false;
  const read = async () => {
    while (!ending) {
      try {
        const answer = await fetch(url, request);
        const text = await answer.text();
        const server = answer.headers.get('x-served-by') ?? 'none';
        servedBy.add(server);
        if (!answer.ok) failed.push(`${url} answered ${answer.status} by ${server}: ${text}`);
      } catch (error) {
        failed.push(`${url}: ${String((error as Error).cause ?? error)}`);
      }
      answers++;
      for (const { done } of waiting.filter(({ count }) => answers >= count)) done();
    }
  };
  const readers = Promise.all(Array.from({ length: CONCURRENCY }, read));
  return {
    answers: () => answers,
    after: (count) => (answers >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done }))),
    end: async () => {
      ending = true;
      await readers;
      return { answers, failed, servedBy: [...servedBy] };
    },
  };
}
