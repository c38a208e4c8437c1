import type { OpenAPIObject } from '@nestjs/swagger';
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { describeServices } from '#runtime';
import { users } from '#users';

/** The OpenAPI document that the monolith serves. Needs no process and no database. */
export function platformDocument(): Promise<OpenAPIObject> {
  return describeServices([auth, users, posts, notifications]);
}
