/** The API reference as a browser shows it: served without the Worker, under the policy of pages, and filtered. */
import { expect, test } from 'vitest';
import { connectBrowser, shared } from './browser/shared.ts';

test('is an ordinary page under a strict policy, and can be filtered', async () => {
  const browser = await connectBrowser();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  const response = await page.goto(`${shared.url}/docs/api`);
  expect([response?.status(), response?.headers()['content-type']]).toEqual([
    200,
    expect.stringMatching(/^text\/html/),
  ]);
  const policy = response?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  await page.getByLabel('Filter').fill('webhook post');
  expect(await page.locator('section.operation:visible h3').allTextContents()).toContain('POST /v1/webhooks');
  expect(await page.locator('#createAsset').isVisible()).toBe(false);
  await page.getByLabel('Filter').fill('nothing has this');
  expect(await page.locator('#nothing').isVisible()).toBe(true);
  expect(complaints).toEqual([]);
  await browser.close();
});
