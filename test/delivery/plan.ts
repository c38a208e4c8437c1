/**
 * One step of a client. Its target is drawn as a number in [0, 1), and chosen when the step runs, among the posts or
 * accounts known then.
 */
export interface Step {
  readonly kind:
    'create' | 'edit' | 'publish' | 'delete' | 'follow' | 'unfollow' | 'edit-hot' | 'comment' | 'like' | 'invalid';
  readonly draw: number;
  readonly published: boolean;
  /** Identifies the write: part of what it stores, so that the checker can find it. */
  readonly mark: string;
}

export interface Plan {
  readonly seed: number;
  /** Steps by client, in order. Every client registers first, which counts as a write, too. */
  readonly clients: readonly (readonly Step[])[];
  /** When the process is killed, as a number of answered writes. Every third kill includes Postgres. */
  readonly kills: readonly { readonly after: number; readonly database: boolean }[];
}

export interface PlanOptions {
  readonly clients: number;
  readonly stepsPerClient: number;
  readonly hotEdits: number;
  readonly kills: number;
}

/** The same seed gives the same plan, but not the same interleaving of the clients. */
export function planOf(seed: number, { clients, stepsPerClient, hotEdits, kills }: PlanOptions): Plan {
  const draw = random(seed);
  const steps = Array.from({ length: clients }, (_, client) =>
    Array.from({ length: stepsPerClient }, (_, number) => stepOf(draw, `w${seed}-${client}-${number}`, number)),
  );
  for (let edit = 0; edit < hotEdits; edit++) {
    const list = steps[edit % clients];
    const place = 1 + Math.floor(draw() * (list?.length ?? 0));
    list?.splice(place, 0, { kind: 'edit-hot', draw: draw(), published: true, mark: `h${seed}-${edit}` });
  }
  // After a kill about one write of each client has no response.
  const answered = clients + steps.flat().length - kills * clients;
  const gap = answered / (kills + 1);
  return {
    seed,
    clients: steps,
    kills: Array.from({ length: kills }, (_, kill) => ({
      after: Math.round(gap * (kill + 1)),
      database: kill % 3 === 2,
    })),
  };
}

function stepOf(draw: () => number, mark: string, number: number): Step {
  const published = draw() < 0.7;
  const kind = number === 0 ? 'create' : kindOf(draw());
  return { kind, draw: draw(), published, mark };
}

/** Nearly half of the steps change an existing post, so that a third of the writes do with any seed. */
function kindOf(draw: number): Step['kind'] {
  if (draw < 0.24) return 'create';
  if (draw < 0.6) return 'edit';
  if (draw < 0.67) return 'publish';
  if (draw < 0.71) return 'delete';
  if (draw < 0.84) return 'follow';
  if (draw < 0.9) return 'unfollow';
  if (draw < 0.94) return 'comment';
  if (draw < 0.97) return 'like';
  return 'invalid';
}

/** mulberry32 (Tommy Ettinger), public domain: short, and with the same result on every machine. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
