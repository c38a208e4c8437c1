import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { isId } from '#runtime';
import { present, type VersionedProfile } from './users.presenter.js';
import { UsersRepository } from './users.repository.js';

/** Cached copies of profiles as everybody sees them. */
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

  /** Call it with every change of what is shown of a person; of a handle, with both. */
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
