import { type Context, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { RECORDED } from '../trace-context.js';

const RECORD: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Decides once per trace, where it enters the platform; everything that follows from it has the same decision. A request
 * that arrives as recorded stays so: callers pass the flag of trusted proxies only. One that arrives as not recorded is
 * decided here, because the gateway clears the flag of every client. Not by the trace id, which a client may choose.
 */
export class EntrySampler implements Sampler {
  constructor(private readonly ratio: number) {}

  shouldSample(parent: Context, _traceId: string, _name: string, kind: SpanKind): SamplingResult {
    const cause = trace.getSpanContext(parent);
    if (cause && cause.traceFlags & TraceFlags.SAMPLED) return RECORD;
    if (cause && kind !== SpanKind.SERVER) return DROP;
    return parent.getValue(RECORDED) === true || this.isNextRecorded() ? RECORD : DROP;
  }

  /** Decides a trace that begins here. */
  isNextRecorded(): boolean {
    return Math.random() < this.ratio;
  }

  toString(): string {
    return `EntrySampler{${this.ratio}}`;
  }
}
