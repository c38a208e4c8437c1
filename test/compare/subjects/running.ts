import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Containers } from '../../support/infrastructure/containers.js';
import { temporaryDataFolder } from '../../support/infrastructure/data-folder.js';
import { forAll, type Service, services } from '../../support/infrastructure/parts.js';
import { Client } from '../../support/platform/client.js';
import { type Platform, startPlatform } from '../../support/platform/platform.js';
import type { Field } from '../load/mix.js';
import { containerParts, embeddedPart, type Part, processPart, sharedParts } from './parts.js';
import type { Subject } from './subjects.js';
import { startPair } from './pair.js';
import { type Account, fill, POSTS, Template } from './template.js';

/** A subject that runs, with accounts that are logged in. */
export interface Running {
  readonly subject: Subject;
  readonly platform: Platform;
  readonly field: Field;
  readonly parts: readonly Part[];
  /** Milliseconds until all its processes were ready. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Logged as in production, so that every request costs a line. */
const SETTINGS = { LOG_LEVEL: 'info', LOG_FORMAT: 'json' };

/** Starts subjects, each time on new copies of the same data. */
export class Stage {
  private constructor(
    private readonly containers: Containers,
    private readonly template: Template,
    private readonly embedded: {
      readonly accounts: readonly Account[];
      readonly path: string;
      remove(): Promise<void>;
    },
  ) {}

  static async build(containers: Containers): Promise<Stage> {
    const template = await Template.make(containers.parts);
    const folder = temporaryDataFolder();
    const settings = { ...template.settings, DATA_DIR: folder.path };
    const accounts = await fill(undefined, () => startPlatform(settings, { topology: 'monolith' }));
    return new Stage(containers, template, { accounts, ...folder });
  }

  async close(): Promise<void> {
    await this.embedded.remove();
  }

  /** Starts a subject, and stops it after `work`, also if that fails. */
  async with<T>(
    subject: Subject,
    work: (running: Running) => Promise<T>,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const running = await (subject.embedded
      ? this.startEmbedded(subject, settings)
      : this.startOnContainers(subject, settings));
    try {
      return await work(running);
    } finally {
      await running.stop();
    }
  }

  private async startOnContainers(subject: Subject, settings: Readonly<Record<string, string>>): Promise<Running> {
    const { topology } = subject;
    const own = await this.template.copy(topology);
    const given = {
      ...this.template.settings,
      ...SETTINGS,
      ...settings,
      HOP_ADDRESS_FILE: join(this.embedded.path, `../${randomUUID()}`),
    };
    const options = { topology, own, ...(subject.entry ? { entry: subject.entry } : {}) };
    const begun = performance.now();
    const platform = await (subject.twice ? startPair(given, options) : startPlatform(given, options));
    const startedIn = performance.now() - begun;
    const parts = await containerParts(
      this.containers,
      subject.twice ? ['postgres', 'redis'] : topology === 'monolith' ? ['postgres'] : sharedParts,
    );
    return running(subject, platform, this.template.accounts, parts, startedIn, () => own.drop());
  }

  private async startEmbedded(subject: Subject, settings: Readonly<Record<string, string>>): Promise<Running> {
    const path = join(dirname(this.embedded.path), 'copy');
    // Its owner is kept too, as whom Postgres runs.
    await run('cp', ['-a', this.embedded.path, path]);
    const begun = performance.now();
    const platform = await startPlatform(
      { ...this.template.settings, ...SETTINGS, ...settings, DATA_DIR: path },
      { topology: 'monolith' },
    );
    const startedIn = performance.now() - begun;
    const part = await embeddedPart(platform.databases.posts);
    return running(
      subject,
      platform,
      this.embedded.accounts,
      [part],
      startedIn,
      async () => void (await run('rm', ['-r', path])),
    );
  }
}

async function running(
  subject: Subject,
  platform: Platform,
  accounts: readonly Account[],
  shared: readonly Part[],
  startedIn: number,
  leave: () => Promise<void>,
): Promise<Running> {
  const urls = subject.twice ? forAll(platform.url) : urlsOf(platform);
  const loggedIn = await logIn(platform.url, accounts).catch(async (error: unknown) => {
    await platform.stop();
    throw error;
  });
  return {
    subject,
    platform,
    field: { urls, accounts: loggedIn, posts: POSTS },
    parts: [...platform.processes.map(processPart), ...shared],
    startedIn,
    stop: async () => {
      await platform.stop().catch((error: unknown) => {
        if (!subject.crashes) throw error;
      });
      await leave();
    },
  };
}

function urlsOf({ processes }: Platform): Record<Service, string> {
  const urlOf = (service: Service) => processes.find((each) => each.services.includes(service))?.url ?? '';
  return Object.fromEntries(services.map((service) => [service, urlOf(service)])) as Record<Service, string>;
}

/** Without a page before it that makes a process wait for its accounts: they are in the copied databases. */
async function logIn(url: string, accounts: readonly Account[]): Promise<Field['accounts']> {
  const api = new Client(url);
  return Promise.all(
    accounts.map(async ({ email, password }) => {
      const { status, body, text } = await api.post('/v1/auth/login', { email, password });
      if (status !== 200) throw new Error(`Logging in was answered with ${status}: ${text}`);
      return { email, password, token: body.data.accessToken };
    }),
  );
}
