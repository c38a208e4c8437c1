import { contract } from '../contract.js';
import { Follow } from './follow.js';

/** A user started following another. */
export const UserFollowedV1 = contract({
  type: 'users.user.followed.v1',
  topic: 'users.user',
  keyOf: (data) => data.followerId,
  data: Follow,
});
