import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { isId } from '#runtime';
import { present, type VersionedProfile } from './users.presenter.js';
import { UsersRepository } from './users.repository.js';

/** Caches profiles without `followedByMe`, which depends on the viewer. */
@Injectable()
export class UsersCache {
  constructor(
    private readonly cache: Cache,
    private readonly repository: UsersRepository,
  ) {}

  async find(idOrHandle: string): Promise<VersionedProfile | undefined> {
    const id = isId(idOrHandle)
      ? idOrHandle
      : await this.cache.read(`handle:${idOrHandle}`, () => this.idOf(idOrHandle));
    return id === undefined ? undefined : this.cache.read(`profile:${id}`, () => this.load(id));
  }

  /** Call it whenever a field of a profile changes; if the handle changes, with the old and the new handle. */
  async invalidate(...people: readonly { readonly id: string; readonly handle?: string }[]): Promise<void> {
    const keys = people.flatMap(({ id, handle }) => [`profile:${id}`, ...(handle ? [`handle:${handle}`] : [])]);
    await this.cache.invalidate(...keys);
  }

  private async idOf(handle: string): Promise<string | undefined> {
    return (await this.repository.find({ handle }))?.id;
  }

  private async load(id: string): Promise<VersionedProfile | undefined> {
    const user = await this.repository.find({ id });
    return user ? present(user, undefined) : undefined;
  }
}
