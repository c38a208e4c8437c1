const AT_ONCE = 4;

export interface Loading {
  /** Resolves when so many answers have come. */
  after(answers: number): Promise<void>;
  end(): Promise<{ answers: number; failed: string[]; servedBy: string[] }>;
}

/** Clients who ask one after the other, all the time, until `end`. */
export function load(url: string, request: RequestInit = {}): Loading {
  const failed: string[] = [];
  const servedBy = new Set<string>();
  const waiting: { readonly count: number; readonly go: () => void }[] = [];
  let answers = 0;
  let ending = false;
  const read = async () => {
    while (!ending) {
      try {
        const answer = await fetch(url, request);
        await answer.text();
        servedBy.add(answer.headers.get('x-served-by') ?? 'nobody');
        if (!answer.ok) failed.push(String(answer.status));
      } catch (error) {
        failed.push(String((error as Error).cause ?? error));
      }
      answers++;
      for (const { go } of waiting.filter(({ count }) => answers >= count)) go();
    }
  };
  const readers = Promise.all(Array.from({ length: AT_ONCE }, read));
  return {
    after: (count) => (answers >= count ? Promise.resolve() : new Promise((go) => waiting.push({ count, go }))),
    end: async () => {
      ending = true;
      await readers;
      return { answers, failed, servedBy: [...servedBy] };
    },
  };
}
