/**
 * Looks at the page of the monolith in a Chromium without a window, at two widths, light and dark: `npm run test:page`.
 * With `-- --picture <file>`, it takes the picture for the README instead.
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { Checks } from '../support/checks.js';
import { eventually } from '../support/eventually.js';
import { Client } from '../support/platform/client.js';
import { startMonolith } from '../support/platform/monolith.js';
import { findingsOf, type Look, openBrowser, openPage, type Shown, widerThanWindow } from './browser.js';

const looks: readonly Look[] = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);
/** More than one page of the list: the guide is no longer on the first one. */
const LATER_POSTS = 25;
/** In pixels, with the padding. */
const MAX_HOLE = 60;

const { picture } = parseArgs({ options: { picture: { type: 'string' } } }).values;
const data = temporaryDataFolder();
const browser = await openBrowser();
const monolith = await startMonolith({ DATA_DIR: data.path, DEMO: 'on' });
const checks = new Checks();

/** Opens the page at a fragment, and waits until it shows what it was asked for. */
async function show(look: Look, hash: string): Promise<Shown> {
  const shown = await openPage(browser, look);
  await shown.page.goto(`${monolith.url}/${hash}`, { waitUntil: 'networkidle' });
  await shown.page.locator('#front:not([hidden]) .posts h3, #reader:not([hidden]) p').first().waitFor();
  return shown;
}

async function publish(count: number): Promise<void> {
  const api = new Client(monolith.url);
  const { token } = await api.person('Later');
  for (let n = 1; n <= count; n++)
    await api.post('/v1/posts', { title: `Later ${n}`, body: 'B', status: 'published' }, { token });
}

async function checkLook(look: Look): Promise<void> {
  const name = `${look.width} px, ${look.colorScheme}`;
  for (const hash of ['', '#category/guides', '#break-it', '#four-services', '#the-two-topologies', '#no-such-post']) {
    await checks.run(`${name}: /${hash} has no finding of axe, fits the window`, async () => {
      const { page, errors } = await show(look, hash);
      assert.deepEqual(await findingsOf(page), []);
      assert.deepEqual(await widerThanWindow(page), []);
      // The browser itself reports the answer 404.
      assert.deepEqual(
        errors.filter((each) => hash !== '#no-such-post' || !each.includes('404')),
        [],
      );
      await page.context().close();
    });
  }
  await checks.run(`${name}: the cards have no holes`, async () => {
    const { page } = await show(look, '');
    const holes = await page
      .locator('.cards > div')
      .evaluateAll((cards) =>
        cards.map(
          (card) => card.getBoundingClientRect().bottom - (card.lastElementChild?.getBoundingClientRect().bottom ?? 0),
        ),
      );
    assert.ok(Math.max(...holes) < MAX_HOLE, `empty below the content of the cards, in px: ${holes.join(', ')}`);
    await page.context().close();
  });
}

async function checkContent(look: Look): Promise<void> {
  await checks.run('the state names the one process that all services are in', async () => {
    const { page } = await show(look, '');
    await page.locator('#state', { hasText: /all work, in one process/ }).waitFor();
    await page.context().close();
  });
  await checks.run('the list leads to older posts and back, and titles name the page', async () => {
    const { page } = await show(look, '');
    assert.equal(await page.title(), 'Twofold');
    const first = await page.locator('.posts h3').allTextContents();
    await page.getByText('Older →').click();
    await page.getByText('← Newer').waitFor();
    const second = await page.locator('.posts h3').allTextContents();
    assert.deepEqual(
      second.filter((title) => first.includes(title)),
      [],
    );
    assert.equal(first.length, 20);
    await page.getByText('← Newer').click();
    await page.locator('.posts h3', { hasText: first[0] ?? '' }).waitFor();
    await page.getByText('Guides').click();
    await eventually('the title names the category', async () => (await page.title()) === 'guides – Twofold');
    await page.context().close();
  });
  await checks.run('links to guides work by their name, however many posts are newer', async () => {
    const { page } = await show(look, '#break-it');
    assert.equal(await page.locator('article h1').textContent(), 'Break it');
    assert.equal(await page.title(), 'Break it – Twofold');
    await page.context().close();
  });
  await checks.run('a link to a file of the repository shows its path', async () => {
    const { page } = await show(look, '#how-an-event-travels');
    assert.deepEqual(await page.locator('article a[href$=".md"], article a[href^=".."]').count(), 0);
    assert.match((await page.locator('article').textContent()) ?? '', /\b(libs|apps|docs|test)\/\S+\.(md|ts)\b/);
    await page.context().close();
  });
}

try {
  await eventually('the demo is there', () => Promise.resolve(monolith.output().includes('Demo log-in')), 120_000);
  if (picture) {
    const { page } = await show({ width: 1280, colorScheme: 'light' }, '');
    await page.locator('#state', { hasText: 'all work' }).waitFor();
    await page.screenshot({ path: picture });
  } else {
    await publish(LATER_POSTS);
    for (const look of looks) await checkLook(look);
    await checkContent({ width: 1280, colorScheme: 'light' });
  }
} finally {
  await browser.close();
  await monolith.stop();
  await data.remove();
}
if (!picture) process.exitCode = checks.summarize('page');
