import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { v5 as uuidv5, validate } from 'uuid';
import type { EventRecord, RawMessage } from '../event.js';

/** A message that was read from a topic: an event, or something else. Both have an `origin`. */
export interface Received {
  readonly record: EventRecord;
  /** Why it is not an event. */
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

/** Namespace for the ids of messages that are not events: derived from the origin, so that each read gives the same. */
const UNREADABLE_NAMESPACE = '5b6c3c0e-8f0e-5d0a-9a51-5c8f5d1f6a11';
/** In bytes: an index entry has a size limit, and needs room for the other columns. */
const MAX_KEY_BYTES = 255;
const MAX_TYPE_LENGTH = 200;
/** RFC 3339, with a year that both Postgres and JavaScript support. */
const TIME = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a message without trusting its content. Any message gives an event that can be stored, or a fault together
 * with a record that can be stored and holds the message's bytes. Never throws.
 */
export function fromMessage(topic: string, partition: number, message: KafkaMessage): Received {
  const origin = `${topic}/${partition}@${message.offset}`;
  const header = (name: string) => textOf(message.headers, name);
  const [id, type, sequence, time] = [header('ce_id'), header('ce_type'), header('ce_sequence'), header('ce_time')];
  const [causationId, traceparent] = [header('ce_causationid'), header('traceparent')];
  const [key, payload] = [textIn(message.key), textIn(message.value)];
  const faults = [
    ...repeatedIn(message.headers),
    ...(id && validate(id) ? [] : ['ce_id is not a UUID']),
    ...(type && type.length <= MAX_TYPE_LENGTH && !type.includes('\0') ? [] : ['ce_type is missing or not usable']),
    ...(/^[1-9]\d{0,14}$/.test(sequence ?? '') ? [] : ['ce_sequence is not a positive integer']),
    ...(time && TIME.test(time) && !Number.isNaN(Date.parse(time)) ? [] : ['ce_time is not a time']),
    ...(causationId === undefined || validate(causationId) ? [] : ['ce_causationid is not a UUID']),
    ...(message.key?.length ? [] : ['there is no key']),
    ...(message.key?.length && !isStorableKey(key) ? ['the key is not storable text'] : []),
    ...(message.value ? [] : ['there is no value']),
    ...(message.value && payload === undefined ? ['the value is not UTF-8'] : []),
  ];
  if (faults.length > 0) {
    const record = unreadable(origin, topic, message, type);
    return { record, fault: `MALFORMED: ${faults.join(', ')}` };
  }
  return {
    record: {
      id: (id ?? '').toLowerCase(),
      type: type ?? '',
      topic,
      key: key ?? '',
      sequence: Number(sequence),
      time: new Date(time ?? '').toISOString(),
      causationId: causationId?.toLowerCase() ?? null,
      traceparent: traceparent && TRACEPARENT.test(traceparent) ? traceparent : null,
      payload: payload ?? '',
      origin,
      ...(isInRange(message.timestamp) ? { sentAt: Number(message.timestamp) } : {}),
    },
  };
}

/** The record of a message that is not an event: storable, and with all its bytes. */
function unreadable(origin: string, topic: string, message: KafkaMessage, type = 'unknown'): EventRecord {
  return {
    id: uuidv5(origin, UNREADABLE_NAMESPACE),
    type: type.replaceAll('\0', '').slice(0, MAX_TYPE_LENGTH),
    topic,
    key: (message.key?.toString() ?? '').replaceAll('\0', '').slice(0, MAX_KEY_BYTES).toWellFormed(),
    sequence: 0,
    time: timeOf(message.timestamp),
    causationId: null,
    traceparent: null,
    payload: '',
    origin,
    raw: rawOf(message),
  };
}

/** A producer may set any 64-bit number as the timestamp; out of range, it becomes 0. */
function timeOf(timestamp: string): string {
  return new Date(isInRange(timestamp) ? Number(timestamp) : 0).toISOString();
}

function isInRange(timestamp: string): boolean {
  return Number(timestamp) > 0 && Number(timestamp) < Date.UTC(3000, 0);
}

function rawOf({ key, value, headers = {}, timestamp }: KafkaMessage): RawMessage {
  const base64 = (bytes: Buffer | string | null | undefined) => (bytes ? Buffer.from(bytes).toString('base64') : null);
  const all = Object.entries(headers).map(([name, value]) => [name, [value].flat().map(base64)] as const);
  return { key: base64(key), value: base64(value), headers: Object.fromEntries(all), timestamp };
}

const attributes = ['ce_id', 'ce_type', 'ce_sequence', 'ce_time', 'ce_causationid'];

function repeatedIn(headers: IHeaders = {}): string[] {
  return attributes.filter((name) => Array.isArray(headers[name])).map((name) => `${name} is repeated`);
}

function isStorableKey(key: string | undefined): boolean {
  return key !== undefined && !key.includes('\0') && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

function textOf(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  return (Array.isArray(value) ? value[0] : value)?.toString();
}

/** Undefined if the bytes are not UTF-8. */
function textIn(bytes: Buffer | null): string | undefined {
  try {
    return bytes === null ? undefined : utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
