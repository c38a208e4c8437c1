import { contract } from '../contract.js';
import { UserProfile } from './user-profile.js';

/** A profile was created. Carries all fields that other services may store. */
export const UserCreatedV1 = contract({
  type: 'users.user.created.v1',
  topic: 'users.user',
  keyOf: (data) => data.id,
  data: UserProfile,
});
