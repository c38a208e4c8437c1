import { describe, expect, it } from '@jest/globals';
import type { KafkaMessage, Message } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import type { EventRecord } from '../event.js';
import { fromMessage, toMessage } from './message.js';

const record: EventRecord = {
  id: uuidv7(),
  type: 'posts.post.liked.v1',
  topic: 'posts.post',
  key: uuidv7(),
  sequence: 7,
  time: '2026-01-02T03:04:05.678Z',
  causationId: uuidv7(),
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  payload: '{"text":"ü"}',
};

/** A message as a broker returns it: all fields as bytes. */
function received({ key, value, headers = {} }: Message, offset = '12'): KafkaMessage {
  const bytes = (text: unknown) => (typeof text === 'string' ? Buffer.from(text) : null);
  return {
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, bytes(text) ?? undefined])),
    offset,
    timestamp: '1767323045678',
    attributes: 0,
  };
}

describe('A Kafka message', () => {
  it('round-trips an event, and adds its position as origin', () => {
    expect(fromMessage('posts.post', 3, received(toMessage(record)))).toEqual({
      record: { ...record, origin: 'posts.post/3@12', sentAt: 1767323045678 },
    });
    const bare = { ...record, causationId: null, traceparent: null };
    expect(fromMessage('posts.post', 3, received(toMessage(bare))).record).toEqual({
      ...bare,
      origin: 'posts.post/3@12',
      sentAt: 1767323045678,
    });
  });

  it('has the headers of CloudEvents in binary mode', () => {
    expect(toMessage(record).headers).toEqual({
      ce_specversion: '1.0',
      'content-type': 'application/json',
      ce_id: record.id,
      ce_type: record.type,
      ce_source: '/twofold/posts',
      ce_time: record.time,
      ce_sequence: '7',
      ce_causationid: record.causationId,
      traceparent: record.traceparent,
    });
  });

  const { headers = {} } = toMessage(record);
  it.each<[string, Partial<Message>]>([
    ['there is no key', { key: null }],
    ['there is no value', { value: null }],
    ['ce_id is not a UUID', { headers: { ...headers, ce_id: 'x' } }],
    ['ce_type is missing or not usable', { headers: { ...headers, ce_type: '' } }],
    ['ce_sequence is not a positive integer', { headers: { ...headers, ce_sequence: '0' } }],
    ['ce_sequence is not a positive integer', { headers: { ...headers, ce_sequence: '9'.repeat(30) } }],
    ['ce_time is not a time', { headers: { ...headers, ce_time: 'yesterday' } }],
    ['ce_causationid is not a UUID', { headers: { ...headers, ce_causationid: 'x' } }],
  ])('is rejected if %s, and has the same id when it is read again', (fault, change) => {
    const message = { ...toMessage(record), ...change };
    const first = fromMessage('posts.post', 0, received(message));
    expect(first.fault).toBe(`MALFORMED: ${fault}`);
    expect(first.record.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(fromMessage('posts.post', 0, received(message)).record.id).toBe(first.record.id);
    expect(fromMessage('posts.post', 0, received(message, '13')).record.id).not.toBe(first.record.id);
  });

  it('without key, value and headers has all faults', () => {
    const { fault } = fromMessage('posts.post', 0, received({ value: null }));
    expect(fault?.split(',')).toHaveLength(6);
  });
});
