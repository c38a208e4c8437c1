import { describe, expect, it } from '@jest/globals';
import { record } from '../../../../test/support/things.js';
import type { EventRuntime, ServiceEvents } from '../event-runtime.js';
import type { EventRecord } from '../event.js';
import { InProcessTransport } from './in-process.transport.js';

/** Services of which each is done with the events that it names. */
function transportTo(...done: ((record: EventRecord) => boolean)[]): InProcessTransport {
  const all = done.map((isDone) => ({
    delivery: {
      deliver: (records: readonly EventRecord[]) =>
        Promise.resolve(new Set(records.filter(isDone).map(({ id }) => id))),
    },
  }));
  return new InProcessTransport({ all: all as unknown as ServiceEvents[] } as unknown as EventRuntime);
}

describe('The transport in process', () => {
  const rows = [1, 2, 3].map((position) => ({ ...record('a', position), position }));

  it('settles a row when every service is done with it, and not when some are', async () => {
    const transport = transportTo(
      () => true,
      ({ sequence }) => sequence < 3,
      ({ sequence }) => sequence !== 2,
    );
    expect(await transport.publish(rows)).toEqual({ settled: [1], refused: [] });
  });

  it('settles what no service of the process needs', async () => {
    expect(await transportTo().publish(rows)).toEqual({ settled: [1, 2, 3], refused: [] });
  });
});
