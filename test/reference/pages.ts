import { platformDocument } from '../support/platform-document.js';
import { errorsPage } from './errors.page.js';
import { eventsPage } from './events.page.js';
import { routesPage } from './routes.page.js';
import { settingsPage } from './settings.page.js';

/** Every file of docs/reference, by name. Made of what runs: nothing here is written by hand. */
export async function referencePages(): Promise<Record<string, string>> {
  return {
    'errors.md': errorsPage(),
    'events.md': eventsPage(),
    'routes.md': routesPage(await platformDocument()),
    'settings.md': settingsPage(),
  };
}
