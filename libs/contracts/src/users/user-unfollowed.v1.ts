import { contract } from '../contract.js';
import { Follow } from './follow.js';

/** A user stopped following another. */
export const UserUnfollowedV1 = contract({
  type: 'users.user.unfollowed.v1',
  topic: 'users.user',
  keyOf: (data) => data.followerId,
  data: Follow,
});
