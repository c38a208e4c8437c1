import { contract } from '../contract.js';
import { UserProfile } from './user-profile.js';

/** A profile changed. Carries all fields that other services may store. */
export const UserUpdatedV1 = contract({
  type: 'users.user.updated.v1',
  topic: 'users.user',
  keyOf: (data) => data.id,
  data: UserProfile,
});
