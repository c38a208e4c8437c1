import type { Profile } from './users.dto.js';
import type { UserRow } from './users.repository.js';

export interface VersionedProfile {
  readonly profile: Profile;
  readonly version: number;
}

/** Maps a row to a public profile. Pass undefined as `followedByMe` for an anonymous viewer: it is then left out. */
export function present(user: UserRow, followedByMe: boolean | undefined): VersionedProfile {
  const { id, handle, displayName, bio, imageUrl, createdAt, followers, following, version } = user;
  const profile = { id, handle, displayName, bio, imageUrl, createdAt: createdAt.toISOString(), followers, following };
  return { profile: followedByMe === undefined ? profile : { ...profile, followedByMe }, version };
}
