import { platformDocument } from '../support/platform/platform-document.js';
import { errorsPage } from './errors.page.js';
import { eventsPage } from './events.page.js';
import { glossaryPage } from './glossary.page.js';
import { metricsPage } from './metrics.page.js';
import { routesPage } from './routes.page.js';
import { settingsPage } from './settings.page.js';

/** The contents of every file of docs/reference, by file name. All of it is generated from the code. */
export async function referencePages(): Promise<Record<string, string>> {
  return {
    'errors.md': errorsPage(),
    'events.md': eventsPage(),
    'glossary.md': glossaryPage(),
    'metrics.md': metricsPage(),
    'routes.md': routesPage(await platformDocument()),
    'settings.md': settingsPage(),
  };
}
