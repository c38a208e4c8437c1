import { UserCreatedV1, UserUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { ProjectionsRepository } from './projections.repository.js';

/** When a profile is created or changed, updates the projection of profiles: the actors of notifications. */
@EventHandler()
export class ProjectPeople {
  constructor(private readonly projections: ProjectionsRepository) {}

  @OnEvents('notifications.people', [UserCreatedV1, UserUpdatedV1], { awaited: true })
  async handle(events: readonly EventOf<typeof UserCreatedV1>[]): Promise<void> {
    await this.projections.upsertPeople(events.map((event) => event.data));
  }
}
