/**
 * Loaded before a server that is measured without metrics. The product has no setting for that, because it would never be
 * used; so here whatever counts or observes does nothing. Before any metric is made: each takes its methods then.
 */
import { Counter, Histogram } from 'prom-client';

const nothing = () => {};

Object.assign(Counter.prototype, { incWithExemplar: nothing, incWithoutExemplar: nothing });
Object.assign(Histogram.prototype, { observeWithExemplar: nothing, observeWithoutExemplar: nothing });
