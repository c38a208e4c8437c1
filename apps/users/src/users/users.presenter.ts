import type { Profile } from './users.dto.js';
import type { UserRow } from './users.repository.js';

export interface VersionedProfile {
  readonly profile: Profile;
  readonly version: number;
}

/** A profile as its reader sees it; `followedByMe` is undefined for one without an account. */
export function present(user: UserRow, followedByMe: boolean | undefined): VersionedProfile {
  const { id, handle, displayName, bio, imageUrl, createdAt, followers, following, version } = user;
  const profile = { id, handle, displayName, bio, imageUrl, createdAt: createdAt.toISOString(), followers, following };
  return { profile: followedByMe === undefined ? profile : { ...profile, followedByMe }, version };
}
