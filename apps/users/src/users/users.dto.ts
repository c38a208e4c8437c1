import { cursorQuery, imageUrl, line, pageQuery, text } from '#runtime';
import { z } from 'zod';
import { HANDLE } from './handles.js';

export const ProfileChange = z
  .strictObject({
    handle: text(3, 30)
      .transform((value) => value.toLowerCase())
      .pipe(z.string().regex(HANDLE, 'must be 3 to 30 letters a to z, digits and underscores'))
      .optional(),
    displayName: line(1, 80).optional().meta({ example: 'Ada Lovelace' }),
    bio: text(0, 500).nullable().optional().meta({ example: 'Programs.' }),
    imageUrl: imageUrl.nullable().optional(),
  })
  .meta({ id: 'ProfileChange' });
export type ProfileChange = z.infer<typeof ProfileChange>;

export const UsersQuery = pageQuery(['createdAt'], '-createdAt', {
  q: text(1, 100).optional().describe('Words with which words of the display name or of the handle begin.'),
});
export type UsersQuery = z.infer<typeof UsersQuery>;

export const FollowsQuery = cursorQuery({});
export type FollowsQuery = z.infer<typeof FollowsQuery>;

export const Profile = z
  .object({
    id: z.uuid(),
    handle: z.string(),
    displayName: z.string(),
    bio: z.string().nullable(),
    imageUrl: z.string().nullable(),
    createdAt: z.iso.datetime(),
    followers: z.int(),
    following: z.int(),
    followedByMe: z.boolean().optional().describe('Only for a caller with an access token.'),
  })
  .meta({ id: 'Profile' });
export type Profile = z.infer<typeof Profile>;
