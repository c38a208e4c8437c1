import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { UserError } from '#database';
import { exitWithError, Progress, runService, RUNTIME_SETTINGS, type RuntimeSettings, withServices } from '#runtime';
import { users } from '#users';
import type { INestApplicationContext } from '@nestjs/common';
import { demo, fillWithDemo, password } from './demo.js';
import { HomeController } from './home.controller.js';
import { monolithSettings } from './settings.js';
import { printWelcome } from './welcome.js';

const services = [auth, users, posts, notifications];

if (process.argv[2] === 'demo') await withServices(services, seed).catch(exitWithError);
else {
  await runService({
    name: 'monolith',
    services,
    settings: monolithSettings,
    controllers: [HomeController],
    whenListening: async (app, started) => {
      if (started.settings.APP_ENV !== 'development') return;
      // The demo passwords are public: by default no demo accounts are created if other machines can connect.
      const { DEMO = started.embedded && isLoopback(started.settings.HOST) ? 'on' : 'off' } = started.settings;
      // The demo needs all services in this process.
      const hasDemo = DEMO === 'on' && started.services.length === services.length;
      if (hasDemo) await fillWithDemo(app, new Progress(true));
      printWelcome(started, hasDemo);
    },
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Fills a platform that runs in other processes: the events wait in the outboxes until those deliver them. */
async function seed(app: INestApplicationContext): Promise<void> {
  if (app.get<RuntimeSettings>(RUNTIME_SETTINGS).APP_ENV === 'production')
    throw new UserError('The demo is for development only: its passwords are public. APP_ENV is production.');
  const progress = new Progress(true);
  await fillWithDemo(app, progress);
  progress.print(`  Demo log-in   ${demo.email} / ${password}`);
}
