import { contract } from '../contract.js';
import { UserProfile } from './user-profile.js';

/** A profile changed; carries the whole of what others may keep of it. */
export const UserUpdatedV1 = contract({
  type: 'users.user.updated.v1',
  topic: 'users.user',
  keyOf: (data) => data.id,
  data: UserProfile,
});
