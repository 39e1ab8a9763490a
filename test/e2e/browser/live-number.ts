/** When a number on a page changed, and how long after the player's first segment: both by the browser's clock. */
import type { Page } from 'playwright-core';
import { z } from 'zod';

/** [Unix milliseconds, text], in order. */
export type NumberChanges = [atMs: number, text: string][];

/** Follows the text of an element from now on, through reloads. */
export async function watchNumbers(page: Page, selector: string): Promise<NumberChanges> {
  const changes: NumberChanges = [];
  const name = `told${selector.replace(/\W/g, '')}`;
  await page.exposeFunction(name, (atMs: number, text: string) => changes.push([atMs, text]));
  const script = `(() => {
    const follow = () => {
      const element = document.querySelector(${JSON.stringify(selector)});
      let told = element.textContent;
      new MutationObserver(() => {
        if (element.textContent !== told) {
          told = element.textContent;
          window.${name}(performance.timeOrigin + performance.now(), told);
        }
      }).observe(element, { childList: true, characterData: true, subtree: true });
    };
    document.readyState === 'loading' ? addEventListener('DOMContentLoaded', follow) : follow();
  })()`;
  await page.addInitScript(script);
  if (page.url() !== 'about:blank') {
    await page.evaluate(script);
  }
  return changes;
}

/** Milliseconds from the end of the page's first video segment, since it was loaded, to the number. Throws where either is missing. */
export async function firstShownAfterSegment(page: Page, changes: NumberChanges, text: string): Promise<number> {
  const segmentAtMs = z.number().parse(
    await page.evaluate(`performance.timeOrigin + Math.min(...performance.getEntriesByType('resource')
      .filter(({ name }) => /\\/v[^/]*\\/[^/]+\\/\\d+\\.m4s$/.test(name)).map(({ responseEnd }) => responseEnd))`),
  );
  const shown = changes.find(([, shownText]) => shownText === text);
  if (shown === undefined || !Number.isFinite(segmentAtMs)) {
    throw new Error(`${text} was not shown, or nothing was fetched: ${JSON.stringify(changes)}`);
  }
  return shown[0] - segmentAtMs;
}
