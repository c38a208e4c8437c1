import { readFileSync } from 'node:fs';
import { UserError } from '#database';
import { z } from 'zod';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { Broker } from './broker.js';

const brokers = z.string().transform((text, context) => {
  const addresses = text.split(',').map((part) => part.trim());
  if (addresses.every((address) => /^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(address))) return addresses;
  context.addIssue({ code: 'custom', message: 'must be host:port, or several separated by commas' });
  return z.NEVER;
});

/** What this library reads of Kafka; runtime parses it with all other settings. */
export const kafkaSettings = {
  KAFKA_BROKERS: brokers
    .optional()
    .describe('Kafka, as host:port[,host:port]; events go through it. Without it they stay in the process.'),
  KAFKA_NAMESPACE: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/, 'may have letters, digits, dots, dashes and underscores')
    .default('')
    .describe('Stands before the names of topics and groups, where several platforms share a Kafka.'),
  KAFKA_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe('Partitions of each topic, for `npm run ops topics`. They are fixed for ever.'),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(9)
    .optional()
    .describe(
      'Brokers that keep each partition, for `npm run ops topics`: 1 in development; production needs 3, or 1 set here.',
    ),
  KAFKA_TLS: z.enum(['on', 'off']).default('off').describe('Whether connections to Kafka use TLS.'),
  KAFKA_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('Certificates (PEM) of who signed that of Kafka, if not a public one.'),
  KAFKA_SASL: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How to log in to Kafka, with KAFKA_USERNAME and KAFKA_PASSWORD.'),
  KAFKA_USERNAME: z.string().min(1).optional().describe('Who logs in to Kafka.'),
  KAFKA_PASSWORD: z.string().min(1).optional().describe('Their password.'),
};

/** What is wrong with settings of Kafka that are each right by themselves, a line each. */
export function faultsOfKafka(settings: KafkaSettings): string[] {
  const { KAFKA_SASL, KAFKA_USERNAME, KAFKA_PASSWORD, KAFKA_TLS, KAFKA_CA_FILE } = settings;
  const named = KAFKA_USERNAME !== undefined && KAFKA_PASSWORD !== undefined;
  return [
    ...(KAFKA_SASL && !named ? ['KAFKA_SASL: needs KAFKA_USERNAME and KAFKA_PASSWORD'] : []),
    ...(!KAFKA_SASL && (KAFKA_USERNAME ?? KAFKA_PASSWORD) ? ['KAFKA_USERNAME: is not used without KAFKA_SASL'] : []),
    ...(KAFKA_CA_FILE && KAFKA_TLS === 'off' ? ['KAFKA_CA_FILE: is not used while KAFKA_TLS is off'] : []),
  ];
}

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaSettings>>;

/** Kafka as these settings name it, if they do. */
export async function brokerOf(settings: KafkaSettings, clientId: string): Promise<Broker | undefined> {
  const { KAFKA_BROKERS: brokers, KAFKA_NAMESPACE: namespace } = settings;
  return brokers && Broker.of({ brokers, namespace, security: securityOf(settings) }, clientId);
}

function securityOf(settings: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { KAFKA_TLS, KAFKA_SASL: mechanism, KAFKA_USERNAME: username = '', KAFKA_PASSWORD: password = '' } = settings;
  return {
    ...(KAFKA_TLS === 'on' ? { ssl: authorityOf(settings) } : {}),
    // Of its own for each Kafka: the library writes into it.
    ...(mechanism ? { sasl: { mechanism, username, password } as SASLOptions } : {}),
  };
}

function authorityOf({ KAFKA_CA_FILE: file }: KafkaSettings): true | { ca: string } {
  if (file === undefined) return true;
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new UserError(`KAFKA_CA_FILE cannot be read: ${(error as Error).message}.`);
  }
}
