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

/** The Kafka settings that this library reads; runtime parses them with all others. */
export const kafkaSettings = {
  KAFKA_BROKERS: brokers
    .optional()
    .describe('Kafka brokers, as host:port[,host:port]. Without them, events are delivered within the process.'),
  KAFKA_NAMESPACE: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/, 'may have letters, digits, dots, dashes and underscores')
    .default('')
    .describe('Prefix of topic and group names, for several platforms that share a Kafka.'),
  KAFKA_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe('Partitions of each topic, for `npm run ops topics`. Must never change afterwards.'),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(9)
    .optional()
    .describe('Replicas of each partition, for `npm run ops topics`: by default 1 in development and 3 in production.'),
  KAFKA_TLS: z.enum(['on', 'off']).default('off').describe('Whether connections to Kafka use TLS.'),
  KAFKA_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('CA certificates (PEM) for Kafka, if its certificate is not publicly signed.'),
  KAFKA_SASL: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('SASL mechanism of Kafka, used with KAFKA_USERNAME and KAFKA_PASSWORD.'),
  KAFKA_USERNAME: z.string().min(1).optional().describe('SASL user name.'),
  KAFKA_PASSWORD: z.string().min(1).optional().describe('SASL password.'),
};

/** Faults in the combination of Kafka settings that are valid one by one, a line each. */
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

/** The broker of these settings; undefined without KAFKA_BROKERS. */
export async function brokerOf(settings: KafkaSettings, clientId: string): Promise<Broker | undefined> {
  const { KAFKA_BROKERS: brokers, KAFKA_NAMESPACE: namespace } = settings;
  return brokers && Broker.of({ brokers, namespace, security: securityOf(settings) }, clientId);
}

function securityOf(settings: KafkaSettings): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { KAFKA_TLS, KAFKA_SASL: mechanism, KAFKA_USERNAME: username = '', KAFKA_PASSWORD: password = '' } = settings;
  return {
    ...(KAFKA_TLS === 'on' ? { ssl: authorityOf(settings) } : {}),
    // A new object for each client: kafkajs modifies it.
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
