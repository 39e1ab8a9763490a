/** Which asset the page's address names. Pure; the rest of the page never looks at `location`. */

/** As src/media/ids.ts makes them. */
const ASSET_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** `null` where the path names none. */
export function parseStatsAddress(url: URL): string | null {
  const [, page, assetId, ...rest] = url.pathname.split('/');
  return page === 'stats' && assetId !== undefined && ASSET_ID.test(assetId) && rest.length === 0 ? assetId : null;
}
