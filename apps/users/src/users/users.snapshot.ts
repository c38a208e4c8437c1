import type { EventData, UserUpdatedV1 } from '#contracts';
import type { UserRow } from './users.repository.js';

/** The profile data in events. */
export function snapshot({ id, handle, displayName, imageUrl, version }: UserRow): EventData<typeof UserUpdatedV1> {
  return { id, handle, displayName, imageUrl, version };
}
