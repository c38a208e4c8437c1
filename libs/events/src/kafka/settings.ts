import { z } from 'zod';
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
  KAFKA_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Brokers that keep each partition, for `npm run ops topics`.'),
};

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaSettings>>;

/** Kafka as these settings name it, if they do. */
export async function brokerOf(
  { KAFKA_BROKERS: brokers, KAFKA_NAMESPACE: namespace }: KafkaSettings,
  clientId: string,
): Promise<Broker | undefined> {
  return brokers && Broker.of({ brokers, namespace }, clientId);
}
