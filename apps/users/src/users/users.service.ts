import { Injectable } from '@nestjs/common';
import { UserCreatedV1, UserFollowedV1, UserUnfollowedV1, UserUpdatedV1 } from '#contracts';
import { Database, isUniqueViolation } from '#database';
import { newEvent, Outbox } from '#events';
import { cursorPage, cursorTime, decodeCursor, isId, nameOrCaller, numberedPage, type Precondition } from '#runtime';
import { candidates, HANDLE, isReserved } from './handles.js';
import { UsersCache } from './users.cache.js';
import type { FollowsQuery, Profile, ProfileChange, UsersQuery } from './users.dto.js';
import { userErrors } from '../users.errors.js';
import { snapshot } from './users.snapshot.js';
import { present, type VersionedProfile } from './users.presenter.js';
import { type ListedUser, UsersList } from './users-list.repository.js';
import { type UserRow, UsersRepository } from './users.repository.js';

@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly repository: UsersRepository,
    private readonly lists: UsersList,
    private readonly cache: UsersCache,
  ) {}

  async profile(idOrHandle: string, viewer: string | undefined): Promise<VersionedProfile> {
    const name = idOrHandle.toLowerCase();
    const found = isId(name) || HANDLE.test(name) ? await this.cache.find(name) : undefined;
    if (!found) throw userErrors.USER_NOT_FOUND();
    const followedByMe = await this.isFollowed(found.profile.id, viewer);
    return followedByMe === undefined ? found : { ...found, profile: { ...found.profile, followedByMe } };
  }

  async list({ q, sort, page = 1, limit, cursor }: UsersQuery, viewer: string | undefined) {
    const filter = { q, descending: sort.startsWith('-'), viewer };
    if (cursor === undefined) {
      const { rows, total } = await this.lists.page(filter, page, limit);
      return numberedPage(
        rows.map((row) => presentListed(row, viewer)),
        page,
        limit,
        total,
      );
    }
    const list = `users ${sort} ${q ?? ''}`;
    const after = decodeCursor(list, cursor, cursorTime);
    const rows = await this.lists.after(filter, after, limit + 1);
    return cursorPage(list, rows, limit, positionOf, (row) => presentListed(row, viewer));
  }

  async follows(
    name: string,
    side: 'followers' | 'following',
    { limit, cursor }: FollowsQuery,
    viewer: string | undefined,
  ) {
    const of = await this.idOf(name, viewer);
    const list = `${side} ${of}`;
    const rows = await this.lists.follows(of, side, viewer, decodeCursor(list, cursor, cursorTime), limit + 1);
    return cursorPage(list, rows, limit, positionOf, (row) => presentListed(row, viewer));
  }

  /**
   * Publishes users.user.created on every run, even if the profile exists already: requests that carry the consistency
   * token of the registration wait for that event.
   */
  async createProfile(id: string, displayName: string, requested: string | undefined): Promise<void> {
    for (const handle of candidates(requested, displayName)) {
      if (await this.repository.add(id, handle, displayName)) break;
    }
    const user = await this.repository.nextSequence(id);
    await this.cache.invalidate(user);
    await this.outbox.append(newEvent(UserCreatedV1, snapshot(user), user.sequence));
  }

  async change(id: string, change: ProfileChange, precondition: Precondition): Promise<VersionedProfile> {
    try {
      return await this.database.transaction(() => this.changeLocked(id, change, precondition));
    } catch (error) {
      if (isUniqueViolation(error, 'users_handle_key')) throw userErrors.HANDLE_TAKEN();
      throw error;
    }
  }

  async follow(follower: string, name: string): Promise<void> {
    const followee = await this.followable(follower, name);
    await this.database.transaction(async () => {
      const user = await this.lockBoth(follower, followee);
      if (!(await this.repository.addFollow(follower, followee))) return;
      const data = { followerId: follower, followeeId: followee };
      await this.outbox.append(newEvent(UserFollowedV1, data, user.sequence + 1));
      await this.cache.invalidate({ id: follower }, { id: followee });
    });
  }

  async unfollow(follower: string, name: string): Promise<void> {
    const followee = await this.followable(follower, name);
    await this.database.transaction(async () => {
      const user = await this.lockBoth(follower, followee);
      if (!(await this.repository.removeFollow(follower, followee))) return;
      const data = { followerId: follower, followeeId: followee };
      await this.outbox.append(newEvent(UserUnfollowedV1, data, user.sequence + 1));
      await this.cache.invalidate({ id: follower }, { id: followee });
    });
  }

  private async isFollowed(id: string, viewer: string | undefined): Promise<boolean | undefined> {
    if (viewer === undefined) return undefined;
    return viewer !== id && this.repository.follows(viewer, id);
  }

  private async changeLocked(id: string, change: ProfileChange, precondition: Precondition): Promise<VersionedProfile> {
    const [before] = await this.repository.lock([id]);
    if (!before) throw userErrors.USER_NOT_FOUND();
    precondition.assert(before.version);
    const wanted = { ...before, ...change };
    // A handle that was taken before its word became one of a route is kept.
    if (wanted.handle !== before.handle && isReserved(wanted.handle)) throw userErrors.HANDLE_TAKEN();
    const fields = ['handle', 'displayName', 'bio', 'imageUrl'] as const;
    if (fields.every((field) => wanted[field] === before[field])) return present(before, false);
    const after = await this.repository.save(wanted);
    await this.cache.invalidate(before, after);
    await this.outbox.append(newEvent(UserUpdatedV1, snapshot(after), after.sequence));
    return present(after, false);
  }

  /** Of an id, a handle or `me`. The row of an id is locked later, which finds out whether it is there. */
  private async followable(follower: string, name: string): Promise<string> {
    const id = isId(name) ? name.toLowerCase() : await this.idOf(name, follower);
    if (id === follower) throw userErrors.CANNOT_FOLLOW_ONESELF();
    return id;
  }

  /** The id of an existing user, by id, handle or `me`. */
  private async idOf(name: string, viewer: string | undefined): Promise<string> {
    const key = nameOrCaller(name, viewer).toLowerCase();
    const found = isId(key)
      ? await this.repository.find({ id: key })
      : HANDLE.test(key) && (await this.repository.find({ handle: key }));
    if (!found) throw userErrors.USER_NOT_FOUND();
    return found.id;
  }

  /** Locks both rows in the order of their ids, so that two users who follow each other at once do not deadlock. */
  private async lockBoth(follower: string, followee: string): Promise<UserRow> {
    const locked = await this.repository.lock([follower, followee]);
    const user = locked.find((each) => each.id === follower);
    if (!user || locked.length < 2) throw userErrors.USER_NOT_FOUND();
    return user;
  }
}

const positionOf = (row: ListedUser) => ({ value: row.at.toISOString(), id: row.id });

function presentListed(row: ListedUser, viewer: string | undefined): Profile {
  return present(row, viewer === undefined ? undefined : row.followedByMe).profile;
}
