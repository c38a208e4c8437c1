import { contract } from '../contract.js';
import { UserProfile } from './user-profile.js';

/** A profile came into being; carries the whole of what others may keep of it. */
export const UserCreatedV1 = contract({
  type: 'users.user.created.v1',
  topic: 'users.user',
  keyOf: (data) => data.id,
  data: UserProfile,
});
