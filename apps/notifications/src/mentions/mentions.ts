import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { FanOutRepository } from '../fan-out/fan-out.repository.js';
import { settleStored } from '../notifications/insert-notifications.repository.js';
import { lockEach } from '../notifications/locks.repository.js';
import { type NewNotification, NotificationsRepository } from '../notifications/notifications.repository.js';
import { type HandleTaken, type Mention, MentionsRepository } from './mentions.repository.js';

/** What one event mentions. */
export interface Mentioning extends Omit<Mention, 'handle'> {
  readonly handles: readonly string[];
}

/** A text of a post, as published or edited. */
export interface PostText extends Mentioning {
  readonly version: number;
  readonly isEdit: boolean;
}

/**
 * Joins two topics, mentions of handles and who has which handle, and gives the same result in either order of arrival:
 * each side is stored, and the later one finds the earlier. A mention means the user who had the handle at its time.
 */
@Injectable()
export class Mentions {
  constructor(
    private readonly database: Database,
    private readonly repository: MentionsRepository,
    private readonly notifications: NotificationsRepository,
    private readonly fanOut: FanOutRepository,
  ) {}

  async mentioned(mentionings: readonly Mentioning[]): Promise<void> {
    const mentions = mentionings.flatMap(({ handles, ...rest }) => handles.map((handle) => ({ handle, ...rest })));
    if (mentions.length === 0) return;
    const handles = mentions.map(({ handle }) => handle);
    await lockEach(this.database, 'handle', handles);
    await this.repository.addMentions(mentions);
    const meant = await this.repository.meantByEvents(mentionings.map((each) => each.eventId));
    await this.fanOut.lockAuthors(authorsOf(meant));
    await this.notify(meant);
  }

  /** An edit mentions those whom it adds. Without an earlier event of the post, nobody knows whom: it adds nobody. */
  async mentionedByPosts(texts: readonly PostText[]): Promise<void> {
    const known = new Map(await this.repository.textsOf(texts.map(({ postId }) => postId)));
    const mentionings: Mentioning[] = [];
    for (const { version, isEdit, ...text } of texts) {
      const before = known.get(text.postId);
      const handles = isEdit
        ? text.handles.filter((handle) => before?.handles.includes(handle) === false)
        : text.handles;
      const isOld = before !== undefined && before.version >= version;
      if (!isEdit || !isOld) mentionings.push({ ...text, handles });
      if (!isOld) known.set(text.postId, { version, handles: text.handles });
    }
    await this.repository.keepTexts(known);
    await this.mentioned(mentionings);
  }

  async named(taken: readonly HandleTaken[]): Promise<void> {
    const handles = taken.map(({ handle }) => handle);
    const people = taken.map(({ personId }) => personId);
    // Who takes a handle gives another one up: neither may be mentioned meanwhile.
    await lockEach(this.database, 'handle', [...handles, ...(await this.repository.handlesOf(people))]);
    await this.repository.addHandles(taken);
    const earliest = new Date(Math.min(...taken.map(({ since }) => since.getTime())));
    const meant = await this.repository.meantByHandles(handles, earliest);
    const misdirected = await this.repository.authorsOfMisdirected(people, earliest);
    // Fan-out may decide about the same publications: before this transaction or after it, not in between.
    await this.fanOut.lockAuthors([...authorsOf(meant), ...misdirected]);
    await this.notify(meant);
    // These users had another handle when some mentions were written, as it turns out.
    if (misdirected.length > 0)
      await settleStored(this.database, await this.repository.correctMisdirected(people, earliest));
  }

  private async notify(meant: readonly Omit<NewNotification, 'type'>[]): Promise<void> {
    await this.notifications.add(meant.map((each) => ({ ...each, type: 'mention' })));
  }
}

/** The authors of the posts that mention somebody: a mention in a comment is no second notification of its post. */
function authorsOf(meant: readonly Omit<NewNotification, 'type'>[]): string[] {
  return meant.flatMap(({ actorId, commentId }) => (commentId || !actorId ? [] : actorId));
}
