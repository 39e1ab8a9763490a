/** What the page's address says: which link, which format. Pure; the rest of the page never looks at `location`. */

export const FORMATS = ['hls', 'dash'] as const;
export type Format = (typeof FORMATS)[number];

export type Address = { link: string; format: Format };

const MANIFEST_NAMES: Readonly<Record<Format, string>> = { hls: 'main.m3u8', dash: 'manifest.mpd' };

/** A link token or an asset id: unreserved characters only, so it stands in a path as it is. */
const LINK = /^[A-Za-z0-9._~-]{1,8192}$/;

/** `null` where the path names no link. */
export function parseAddress(url: URL): Address | null {
  const [, page, link, ...rest] = url.pathname.split('/');
  if (page !== 'watch' || link === undefined || !LINK.test(link) || rest.length > 0) {
    return null;
  }
  return { link, format: url.searchParams.get('format') === 'dash' ? 'dash' : 'hls' };
}

/** Absolute path of the manifest. */
export function manifestPath({ link, format }: Address): string {
  return `/v/${link}/${MANIFEST_NAMES[format]}`;
}

/** Absolute path of this page for an address. HLS is the default and leaves no trace. */
export function watchPath({ link, format }: Address): string {
  return `/watch/${link}${format === 'hls' ? '' : `?format=${format}`}`;
}

/** Finds the link in what people paste: any of our URLs, or the bare link. `null` where there is none. */
export function linkOf(text: string): string | null {
  const trimmed = text.trim();
  const found = /\/(?:watch|v)\/([^/?#\s]+)/.exec(trimmed)?.[1] ?? trimmed;
  return LINK.test(found) ? found : null;
}
