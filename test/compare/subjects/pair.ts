import { type Platform, startPlatform } from '../../support/platform/platform.js';
import { forAll, type OwnParts } from '../../support/infrastructure/parts.js';
import { startGateway } from './gateway.js';

interface PairOptions {
  readonly own: OwnParts;
  readonly entry?: string;
}

/** Two monoliths on the same databases, which share caches and limits by Redis, behind a gateway: what a split is an alternative to. */
export async function startPair(settings: Record<string, string>, { own, entry }: PairOptions): Promise<Platform> {
  const { REDIS_URL = '', REDIS_NAMESPACE = '' } = own.settings;
  const options = { topology: 'monolith' as const, own, ...(entry ? { entry } : {}) };
  // The first one applies the migrations.
  const first = await startPlatform({ ...settings, REDIS_URL, REDIS_NAMESPACE }, options);
  const second = await startPlatform({ ...settings, REDIS_URL, REDIS_NAMESPACE }, options);
  const both = [first, second];
  const gateway = await startGateway(forAll(both.map(({ url }) => url)));
  return {
    ...first,
    url: gateway.url,
    get processes() {
      return both.flatMap(({ processes }, index) =>
        processes.map((each) => ({ ...each, name: `monolith ${index + 1}` })),
      );
    },
    output: () => both.map((each) => each.output()).join(''),
    restart: async (name) => {
      await both[name === 'monolith 1' ? 0 : 1]?.restart('monolith');
    },
    stop: async () => {
      await gateway.stop();
      await Promise.all(both.map((each) => each.stop()));
    },
  };
}
