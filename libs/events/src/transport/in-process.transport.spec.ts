import { describe, expect, it } from '@jest/globals';
import { record } from '../../../../test/support/things.js';
import type { EventRuntime, ServiceEvents } from '../event-runtime.js';
import type { EventRecord } from '../event.js';
import { InProcessTransport } from './in-process.transport.js';

/** A transport to one service per predicate, which settles the events that match the predicate. */
function transportTo(...predicates: ((record: EventRecord) => boolean)[]): InProcessTransport {
  const all = predicates.map((isDone) => ({
    delivery: {
      deliver: (records: readonly EventRecord[]) =>
        Promise.resolve(new Set(records.filter(isDone).map(({ id }) => id))),
    },
  }));
  return new InProcessTransport({ all: all as unknown as ServiceEvents[] } as unknown as EventRuntime);
}

describe('InProcessTransport', () => {
  const rows = [1, 2, 3].map((position) => ({ ...record('a', position), position }));

  it('settles a row only when every service has settled it', async () => {
    const transport = transportTo(
      () => true,
      ({ sequence }) => sequence < 3,
      ({ sequence }) => sequence !== 2,
    );
    expect(await transport.publish(rows)).toEqual({ settled: [1], refused: [] });
  });

  it('settles rows that no service of the process consumes', async () => {
    expect(await transportTo().publish(rows)).toEqual({ settled: [1, 2, 3], refused: [] });
  });
});
