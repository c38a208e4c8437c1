import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

export interface Shown {
  readonly page: Page;
  /** Errors in the console, and of scripts, so far. */
  readonly errors: readonly string[];
}

/** Starts the Chromium of this machine, or the one named by CHROMIUM. It connects to nothing but the pages. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error('There is no Chromium. Install it, or set CHROMIUM to its path.');
  const args = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0 });
}

/** A page of a browser without history, cache or zoom. */
export async function openPage(browser: Browser, { width, colorScheme }: Look): Promise<Shown> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: 'en-GB' });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, errors };
}

/** What axe finds on a page, one line each: rule, what is wrong, and where. */
export async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')} (${failureSummary ?? ''})`),
  );
}

/** The selectors of what is wider than the window, and does not scroll by itself. */
export async function widerThanWindow(page: Page): Promise<string[]> {
  // As text: the code of the tests is compiled without the types of browsers.
  return page.evaluate(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.body.querySelectorAll('*')]
      .filter((each) => each.getBoundingClientRect().right > clientWidth + 1)
      .map((each) => each.tagName.toLowerCase() + '.' + each.className);
  })()`);
}
