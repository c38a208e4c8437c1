import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { v5 as uuidv5, validate } from 'uuid';
import type { EventRecord } from '../event.js';

/** What was read from a topic: an event, or something that is none. Both say where they stood. */
export interface Received {
  readonly record: EventRecord;
  /** Why it is none. */
  readonly fault?: string;
}

/** CloudEvents 1.0 in the binary mode of its Kafka binding: attributes in headers, the data as JSON in the value. */
export function toMessage(record: EventRecord): Message {
  const { id, type, key, sequence, time, causationId, traceparent, payload } = record;
  return {
    key,
    value: payload,
    headers: {
      ce_specversion: '1.0',
      'content-type': 'application/json',
      ce_id: id,
      ce_type: type,
      ce_source: `/twofold/${type.split('.')[0]}`,
      ce_time: time,
      ce_sequence: String(sequence),
      ...(causationId ? { ce_causationid: causationId } : {}),
      ...(traceparent ? { traceparent } : {}),
    },
  };
}

/** Names what is no event after the place where it stood, so that it has the same id however often it is read. */
const UNREADABLE = '5b6c3c0e-8f0e-5d0a-9a51-5c8f5d1f6a11';

/** Reads a message without believing anything it says. */
export function fromMessage(topic: string, partition: number, message: KafkaMessage): Received {
  const origin = `${topic}/${partition}@${message.offset}`;
  const header = (name: string) => textOf(message.headers, name);
  const [id, type, sequence, time] = [header('ce_id'), header('ce_type'), header('ce_sequence'), header('ce_time')];
  const causationId = header('ce_causationid') ?? null;
  const faults = [
    ...(id && validate(id) ? [] : ['ce_id is no UUID']),
    ...(type && type.length <= 200 ? [] : ['ce_type is missing']),
    ...(/^[1-9]\d{0,14}$/.test(sequence ?? '') ? [] : ['ce_sequence is no positive integer']),
    ...(time && !Number.isNaN(Date.parse(time)) ? [] : ['ce_time is no time']),
    ...(causationId === null || validate(causationId) ? [] : ['ce_causationid is no UUID']),
    ...(message.key ? [] : ['there is no key']),
    ...(message.value ? [] : ['there is no value']),
  ];
  const readable = faults.length === 0;
  const record: EventRecord = {
    id: readable ? (id ?? '').toLowerCase() : uuidv5(origin, UNREADABLE),
    type: type ?? 'unknown',
    topic,
    key: message.key?.toString() ?? '',
    sequence: readable ? Number(sequence) : 0,
    time: readable ? new Date(time ?? '').toISOString() : new Date(Number(message.timestamp)).toISOString(),
    causationId: readable ? causationId : null,
    traceparent: header('traceparent') ?? null,
    payload: message.value?.toString() ?? '',
    origin,
  };
  return readable ? { record } : { record, fault: `MALFORMED: ${faults.join(', ')}` };
}

function textOf(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  return (Array.isArray(value) ? value[0] : value)?.toString();
}
