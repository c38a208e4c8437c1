import { cpuOfProcess } from '../../bench/cpu.js';
import { quantile } from '../../bench/statistics/statistics.js';
import { forAll, type Service } from '../../support/infrastructure/parts.js';
import { type Answers, answersOf } from '../../support/load/open-loop.js';
import type { Sender } from '../load/sender.js';
import { startGateway } from '../subjects/gateway.js';
import type { Running } from '../subjects/running.js';

/** What a gateway in front of the services adds to a read. */
export interface Gateway {
  /** Microseconds of CPU per request. */
  readonly cpu: number;
  /** Milliseconds, without and with it. */
  readonly direct: { readonly p50: number; readonly p99: number };
  readonly through: { readonly p50: number; readonly p99: number };
}

const SECONDS = 10;

/** Sends the same reads directly to the services, and through the gateway. */
export async function gatewayOf({ field }: Running, sender: Sender, rate: number): Promise<Gateway> {
  const urls = Object.entries(field.urls).map(([service, url]) => [service, [url]]);
  const gateway = await startGateway(Object.fromEntries(urls) as Record<Service, string[]>);
  try {
    const load = { rate, seconds: SECONDS, only: 'reads' as const };
    const behind = { ...field, urls: forAll(gateway.url) };
    await sender.send({ ...load, field: behind, seed: 800 });
    const direct = answersOf(await sender.send({ ...load, field, seed: 801 }));
    const before = cpuOfProcess(gateway.pid);
    const through = answersOf(await sender.send({ ...load, field: behind, seed: 801 }));
    const cpu = (cpuOfProcess(gateway.pid) - before) / through.latencies.length;
    return { cpu, direct: quantiles(direct), through: quantiles(through) };
  } finally {
    await gateway.stop();
  }
}

function quantiles({ latencies }: Answers): { p50: number; p99: number } {
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}
