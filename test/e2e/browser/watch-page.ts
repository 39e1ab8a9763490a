/** The watch page in the browser: how tests open it and read it. `SCREENSHOTS=folder` keeps pictures. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { shared } from './shared.ts';

export const STEP_MS = 20_000;
const POLL_MS = 100;

/** Opens a page, hands it over, closes it. `complaints` gathers errors of the console and requests to other hosts. */
export async function visit(
  browser: Browser,
  url: string,
  use: (page: Page, complaints: readonly string[]) => Promise<void>,
  script = '',
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  try {
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== new URL(shared.url).origin) {
        complaints.push(`request to ${request.url()}`);
      }
    });
    await page.addInitScript(script);
    await page.goto(url);
    await use(page, complaints);
  } finally {
    await page.close();
  }
}

export const untilState = (page: Page, state: string): Promise<void> =>
  page.locator(`html[data-state="${state}"]`).waitFor({ timeout: STEP_MS });

export const attribute = async (page: Page, name: string): Promise<string> =>
  (await page.locator('html').getAttribute(name)) ?? '';

export const stat = async (page: Page, key: string): Promise<string> =>
  (await page.locator(`[data-stat="${key}"]`).textContent()) ?? '';

/** Seconds, as the page shows them: `0:07 / 0:52`. */
export async function position(page: Page): Promise<number> {
  const [now = ''] = (await stat(page, 'position')).split(' ');
  return now.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}

export const untilPosition = (page: Page, seconds: number): Promise<void> =>
  until(async () => (await position(page)) >= seconds, `position ${seconds}`);

export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + STEP_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`not in time: ${what}`);
    }
    await pause(POLL_MS);
  }
}

/** As a person does: the pointer moves, which shows the controls of a film that plays, and then clicks. */
export async function openSettings(page: Page): Promise<void> {
  await page.locator('video').hover();
  await page.getByRole('button', { name: 'Settings' }).click();
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  const screenshots = process.env['SCREENSHOTS'];
  if (screenshots) {
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }
}
