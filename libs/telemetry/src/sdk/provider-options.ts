import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectResources, resourceFromAttributes, serviceInstanceIdDetector } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { packageRoot } from '../package-root.js';
import { EntrySampler } from './sampler.js';

/** A batch has a link to each of its events. */
const MAX_LINKS = 512;
/** Of an attribute: long enough for every statement but the largest, and a bound on what clients can make spans use. */
const MAX_LENGTH = 2_048;

/** What the tracer providers of all services in this process have in common. */
export function providerOptions(processor: SpanProcessor) {
  return {
    resource: detectResources({ detectors: [serviceInstanceIdDetector] }).merge(resourceFromAttributes(version())),
    sampler: new EntrySampler(ratio()),
    spanLimits: { linkCountLimit: MAX_LINKS, attributeValueLengthLimit: MAX_LENGTH },
    spanProcessors: [processor],
  };
}

function ratio(): number {
  const given = Number(process.env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  // A wrong value is reported with all other settings, when the process reads them.
  return given >= 0 && given <= 1 ? given : 1;
}

function version(): Record<string, string> {
  const file = join(packageRoot(), 'package.json');
  const { version: number } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const commit = process.env['TWOFOLD_COMMIT'];
  return {
    'service.namespace': 'twofold',
    'service.version': number,
    ...(commit ? { 'vcs.ref.head.revision': commit } : {}),
  };
}
