import { describe, expect, it } from '@jest/globals';
import { fit, peakOf, type ScalabilityLaw, throughputAt } from './scalability-law.js';

const CLIENTS = [1, 2, 4, 8, 16, 32];
const pointsOf = (law: ScalabilityLaw) =>
  CLIENTS.map((clients) => ({ clients, throughput: throughputAt(law, clients) }));

describe('The Universal Scalability Law', () => {
  it.each([
    ['contention and coherency', { alone: 100, contention: 0.05, coherency: 0.002 }],
    ['contention only', { alone: 100, contention: 0.2, coherency: 0 }],
    ['coherency only', { alone: 100, contention: 0, coherency: 0.01 }],
    ['neither', { alone: 100, contention: 0, coherency: 0 }],
  ])('is found again in points with %s', (_, law) => {
    const { alone, contention, coherency } = fit(pointsOf(law));
    expect(alone).toBe(law.alone);
    expect(contention).toBeCloseTo(law.contention, 6);
    expect(coherency).toBeCloseTo(law.coherency, 6);
  });

  it('has its highest throughput at its peak', () => {
    const law = { alone: 100, contention: 0.05, coherency: 0.002 };
    const peak = Math.round(peakOf(law));
    for (const clients of [peak - 3, peak + 3])
      expect(throughputAt(law, clients)).toBeLessThan(throughputAt(law, peak));
    expect(peakOf({ ...law, coherency: 0 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('never has a cost below 0, whatever the noise', () => {
    const noisy = [
      { clients: 1, throughput: 100 },
      { clients: 2, throughput: 210 },
      { clients: 4, throughput: 430 },
      { clients: 8, throughput: 850 },
    ];
    const { contention, coherency } = fit(noisy);
    expect(contention).toBeGreaterThanOrEqual(0);
    expect(coherency).toBeGreaterThanOrEqual(0);
  });

  it('refuses points that cannot determine it', () => {
    expect(() => fit(pointsOf({ alone: 1, contention: 0, coherency: 0 }).slice(1))).toThrow('one client');
    expect(() => fit(pointsOf({ alone: 1, contention: 0, coherency: 0 }).slice(0, 2))).toThrow('two points');
  });
});
