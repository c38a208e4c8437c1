import '#runtime';
import '../../apps/auth/src/auth.metrics.js';
import '../../apps/notifications/src/fan-out/fan-out.worker.js';
import { describeMetrics } from '#telemetry';
import { code, page, table } from './markdown.js';

export function metricsPage(): string {
  const rows = describeMetrics()
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', ') || '–', help]);
  return page(
    'Metrics',
    'Every metric, with its labels.',
    'Each process serves its metrics at `/metrics`, in the OpenMetrics text format, with those of Node.js beside them: on ' +
      '`OPS_PORT` if that is set, and otherwise on `PORT`, to programs on the same machine only. The values of all labels come ' +
      'from the code. With tracing, the latest value of a bucket names its trace (an exemplar). Replicas of a service ' +
      'report the same levels of its database: use `max by (service)`.',
    table(['metric', 'type', 'labels', ''], rows),
  );
}
