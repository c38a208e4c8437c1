import { Injectable, type Type } from '@nestjs/common';
import {
  AccountDeletedV1,
  AccountResumedV1,
  AccountRoleChangedV1,
  AccountSuspendedV1,
  SessionEndedV1,
} from '#contracts';
import { AfterEvents, type Event, EventHandler, OnEvents } from '#events';
import type { Role } from '../auth/current-account.js';
import { AccessControl } from './access-control.js';
import { AccessRepository, type ChangedAccount } from './access.repository.js';
import { ProjectedAccess } from './projected-access.js';

const accessEvents = [SessionEndedV1, AccountRoleChangedV1, AccountSuspendedV1, AccountResumedV1, AccountDeletedV1];

/** Any of these events, with the fields of all of them. */
type AccessEvent = Event<{
  readonly accountId: string;
  readonly sessionId?: string;
  readonly until?: string;
  readonly role?: Role;
}>;
type Change = Parameters<AccessRepository['upsertAccounts']>[0][number];

const states = new Map<string, ChangedAccount['state']>([
  [AccountSuspendedV1.type, 'suspended'],
  [AccountResumedV1.type, 'active'],
  [AccountDeletedV1.type, 'deleted'],
]);

/** Creates a service's handler that projects ended sessions, and the state and role of changed accounts. */
export function projectAccessOf(service: string): Type {
  @EventHandler()
  @Injectable()
  class ProjectAccess {
    constructor(
      private readonly repository: AccessRepository,
      private readonly access: AccessControl,
    ) {}

    @OnEvents(`${service}.access`, accessEvents, { awaited: true })
    async handle(events: readonly AccessEvent[]): Promise<void> {
      await this.repository.addEnded(
        events.flatMap(({ data: { accountId, sessionId, until } }) =>
          sessionId && until ? [{ accountId, sessionId, until: new Date(until) }] : [],
        ),
      );
      const changes = events.filter(({ data }) => data.sessionId === undefined);
      const byAccount = Map.groupBy(changes, ({ data }) => data.accountId);
      await this.repository.upsertAccounts([...byAccount].map(([accountId, own]) => changeOf(accountId, own)));
    }

    @AfterEvents(`${service}.access-announcement`, accessEvents)
    async announce(_events: readonly AccessEvent[]): Promise<void> {
      if (this.access instanceof ProjectedAccess) await this.access.announce();
    }
  }
  return ProjectAccess;
}

/** Merges the events of one account, in their order, into one change. */
function changeOf(accountId: string, events: readonly AccessEvent[]): Change {
  const unchanged: Change = { accountId, state: null, role: null, roleChangedAt: null, sequence: 0 };
  return events.reduce<Change>(
    (change, { type, time, sequence, data: { role } }) => ({
      ...change,
      sequence,
      state: states.get(type) ?? change.state,
      ...(role ? { role, roleChangedAt: time } : {}),
    }),
    unchanged,
  );
}
