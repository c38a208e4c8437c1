import { AccountDeletedV1 } from './auth/account-deleted.v1.js';
import { AccountRegisteredV1 } from './auth/account-registered.v1.js';
import { AccountResumedV1 } from './auth/account-resumed.v1.js';
import { AccountRoleChangedV1 } from './auth/account-role-changed.v1.js';
import { AccountSuspendedV1 } from './auth/account-suspended.v1.js';
import { CommentCreatedV1 } from './posts/comment-created.v1.js';
import { CommentDeletedV1 } from './posts/comment-deleted.v1.js';
import type { Contract } from './contract.js';
import { PostDeletedV1 } from './posts/post-deleted.v1.js';
import { PostLikedV1 } from './posts/post-liked.v1.js';
import { PostPublishedV1 } from './posts/post-published.v1.js';
import { PostUnpublishedV1 } from './posts/post-unpublished.v1.js';
import { PostUpdatedV1 } from './posts/post-updated.v1.js';
import { SessionEndedV1 } from './auth/session-ended.v1.js';
import { UserCreatedV1 } from './users/user-created.v1.js';
import { UserFollowedV1 } from './users/user-followed.v1.js';
import { UserUnfollowedV1 } from './users/user-unfollowed.v1.js';
import { UserUpdatedV1 } from './users/user-updated.v1.js';

export { nameOf } from './contract.js';
export type { Contract, EventData } from './contract.js';
export { topics, topicsConsumedBy } from './topics.js';
export type { Topic } from './topics.js';
export {
  AccountDeletedV1,
  AccountRegisteredV1,
  AccountResumedV1,
  AccountRoleChangedV1,
  AccountSuspendedV1,
  CommentCreatedV1,
  CommentDeletedV1,
  PostDeletedV1,
  PostLikedV1,
  PostPublishedV1,
  PostUnpublishedV1,
  PostUpdatedV1,
  SessionEndedV1,
  UserCreatedV1,
  UserFollowedV1,
  UserUnfollowedV1,
  UserUpdatedV1,
};

const all: readonly Contract[] = [
  AccountRegisteredV1,
  AccountRoleChangedV1,
  AccountSuspendedV1,
  AccountResumedV1,
  AccountDeletedV1,
  SessionEndedV1,
  UserCreatedV1,
  UserUpdatedV1,
  UserFollowedV1,
  UserUnfollowedV1,
  PostPublishedV1,
  PostUpdatedV1,
  PostUnpublishedV1,
  PostDeletedV1,
  PostLikedV1,
  CommentCreatedV1,
  CommentDeletedV1,
];

/** Every event of the platform, by type. */
export const contracts: ReadonlyMap<string, Contract> = new Map(all.map((each) => [each.type, each]));
export { serviceNames } from './services.js';
export type { ServiceName } from './services.js';
