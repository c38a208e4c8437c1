import type { EventData, UserUpdatedV1 } from '#contracts';
import type { UserRow } from './users.repository.js';

/** What events tell of a profile. */
export function snapshot({ id, handle, displayName, imageUrl, version }: UserRow): EventData<typeof UserUpdatedV1> {
  return { id, handle, displayName, imageUrl, version };
}
