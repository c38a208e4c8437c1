import type { Section } from './section.js';

/** What others have measured, with what to hold against it. */
export const published: Section = {
  title: 'What others have published, and why ours differs',
  paragraphs: [
    'Most published comparisons measure services that call each other. Here no service calls another one: what a service needs of others it has in a projection, and a read is one process and its database in every topology. The foil _services with a hop_ shows what such calls cost with the same code. The other difference is that both topologies here have an outbox, an inbox and projections: the monolith pays for what a split needs, which the foil _naive monolith_ does not.',
  ],
  tables: [
    {
      head: ['source', 'result', 'to hold against it'],
      rows: [
        [
          'Ueda, Nakaike, Ohara, "Workload characterization for microservices", IISWC 2016 (Acme Air in Node.js and Java)',
          'microservices up to 79.2 % lower throughput on the same hardware; 4.22 times the time in Node libraries per request',
          'synchronous calls over HTTP between services',
        ],
        [
          'Ghemawat et al., "Towards Modern Development of Cloud Applications", HotOS 2023 (Online Boutique, 11 services, Go)',
          'in one process up to 9 times cheaper and 15 times lower latency',
          'RPC between services',
        ],
        [
          'Blinowski, Ojdowska, Przybyłek, "Monolithic vs. Microservice Architecture", IEEE Access 10 (2022), 20357',
          'on one machine the monolith wins; scaling up is cheaper than out; too many instances degrade',
          'tables not reproduced here',
        ],
        [
          'Al-Debagy, Martinek, CINTI 2018',
          'the monolith about 6 % more throughput under concurrency',
          'known to us second-hand',
        ],
        [
          'Faustino et al. 2024 (stepwise migration)',
          'much of the cost appears already in the step to a modular monolith',
          'known to us by its abstract',
        ],
        [
          'Amazon Prime Video 2023',
          '90 % lower cost after joining a distributed design',
          'orchestration and storage were changed too',
        ],
        [
          'immich, pull request 9551; immich-charts 105 and 163',
          'a microservices container was folded into the server; split again in charts, since the API did not answer while videos were transcoded',
          'one product, both directions',
        ],
      ],
    },
  ],
};
