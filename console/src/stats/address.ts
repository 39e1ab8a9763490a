/** The asset id in the page's address. Pure. */

/** The pattern of src/media/ids.ts. */
const ASSET_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** `null` if the path has no asset id. */
export function parseStatsAddress(url: URL): string | null {
  const [, page, assetId, ...rest] = url.pathname.split('/');
  return page === 'stats' && assetId !== undefined && ASSET_ID.test(assetId) && rest.length === 0 ? assetId : null;
}
