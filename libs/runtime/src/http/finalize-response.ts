import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { encodeToken } from '../read-your-writes/consistency-token.js';
import { sendVersioned, Versioned } from './versioned.js';

/**
 * What holds for the success of every route: the events of a write are named in its Consistency-Token, and what has a
 * version gets its ETag. Returns what is sent. Done a second time it changes nothing.
 */
export function finalizeResponse(answer: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const { cause } = request;
  if (cause && cause.emitted.length > 0) reply.header('consistency-token', encodeToken(cause.emitted));
  return answer instanceof Versioned ? sendVersioned(answer, request, reply) : answer;
}

/** Every answer of a route passes here. Interceptors, which are made of observables, would cost a quarter of a GET. */
export class FinishingAdapter extends FastifyAdapter {
  override reply(reply: FastifyReply, answer: unknown, status?: number) {
    return super.reply(reply, finalizeResponse(answer, reply.request, reply), status);
  }
}
