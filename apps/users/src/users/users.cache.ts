import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { isId } from '#runtime';
import { LRUCache } from 'lru-cache';
import { present, type VersionedProfile } from './users.presenter.js';
import { UsersRepository } from './users.repository.js';

const MAX_IDS = 10_000;

/** Caches profiles without `followedByMe`, which depends on the viewer. */
@Injectable()
export class UsersCache {
  /** Who had a handle when it was last looked up. The profile itself says whether it still has it. */
  private readonly ids = new LRUCache<string, string>({ max: MAX_IDS });

  constructor(
    private readonly cache: Cache,
    private readonly repository: UsersRepository,
  ) {}

  async find(idOrHandle: string): Promise<VersionedProfile | undefined> {
    if (isId(idOrHandle)) return this.byId(idOrHandle);
    const likely = this.ids.get(idOrHandle);
    const found = likely && (await this.byId(likely));
    return found && found.profile.handle === idOrHandle ? found : this.byHandle(idOrHandle);
  }

  /** Call it whenever a field of a profile changes; if the handle changes, with the old and the new handle. */
  async invalidate(...people: readonly { readonly id: string; readonly handle?: string }[]): Promise<void> {
    const keys = people.flatMap(({ id, handle }) => [`profile:${id}`, ...(handle ? [`handle:${handle}`] : [])]);
    await this.cache.invalidate(...keys);
  }

  private byId(id: string): Promise<VersionedProfile | undefined> {
    return this.cache.read(`profile:${id}`, () => this.load(id));
  }

  private async byHandle(handle: string): Promise<VersionedProfile | undefined> {
    const id = await this.cache.read(`handle:${handle}`, () => this.idOf(handle));
    if (id === undefined) return undefined;
    this.ids.set(handle, id);
    return this.byId(id);
  }

  private async idOf(handle: string): Promise<string | undefined> {
    return (await this.repository.find({ handle }))?.id;
  }

  private async load(id: string): Promise<VersionedProfile | undefined> {
    const user = await this.repository.find({ id });
    return user ? present(user, undefined) : undefined;
  }
}
