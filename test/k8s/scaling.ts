import { eventually } from '../support/eventually.js';
import { load } from '../support/load/load.js';
import type { Client } from '../support/platform/client.js';
import { isReady, kubectl, podsOf } from './cluster/kubectl.js';

const TIMEOUT_MS = 180_000;

/** Under load the autoscaler of posts adds replicas, and removes them when the load has ended. */
export async function checkAutoscaling(api: Client): Promise<string> {
  const behavior = {
    scaleUp: { stabilizationWindowSeconds: 0 },
    scaleDown: { stabilizationWindowSeconds: 15, policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }] },
  };
  await kubectl('patch', 'hpa/posts', '-p', JSON.stringify({ spec: { minReplicas: 1, maxReplicas: 3, behavior } }));
  await whenReplicas('fewer than two', (count) => count === 1);
  const loads = [1, 2].map(() => load(`${api.url}/v1/posts?q=guide`));
  const most = await whenReplicas('more', (count) => count > 1);
  const results = await Promise.all(loads.map((each) => each.end()));
  await whenReplicas('one again', (count) => count === 1);
  return `1 → ${most} → 1 replicas, ${results.reduce((sum, { answers }) => sum + answers, 0)} requests`;
}

async function whenReplicas(what: string, accept: (count: number) => boolean): Promise<number> {
  return eventually(
    `posts has ${what}`,
    async () => {
      const count = (await podsOf('posts')).filter(isReady).length;
      return accept(count) && count;
    },
    TIMEOUT_MS,
  );
}
