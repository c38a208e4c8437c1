/** What one client does next. Targets are draws in [0, 1), resolved against what the client knows by then. */
export interface Step {
  readonly kind:
    'create' | 'edit' | 'publish' | 'delete' | 'follow' | 'unfollow' | 'edit-hot' | 'comment' | 'like' | 'invalid';
  readonly draw: number;
  readonly published: boolean;
  /** Names the write for ever: it stands in what the write leaves behind. */
  readonly mark: string;
}

export interface Plan {
  readonly seed: number;
  /** By client, in order. Every client registers first, which is a write too. */
  readonly clients: readonly (readonly Step[])[];
  /** After how many answered writes the process is killed; every third time its database too. */
  readonly kills: readonly { readonly after: number; readonly database: boolean }[];
}

export interface PlanOptions {
  readonly clients: number;
  readonly stepsPerClient: number;
  readonly hotEdits: number;
  readonly kills: number;
}

/** The same seed gives the same plan; how the clients interleave is left to the machine. */
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
  // A kill leaves about one write of each client without an answer.
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

/** Nearly half change an existing post, so that a third do with any seed. */
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

/** mulberry32 (Tommy Ettinger), public domain: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
