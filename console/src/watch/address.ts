/** The link and the format in the page's address. Pure. */

export const FORMATS = ['hls', 'dash'] as const;
export type Format = (typeof FORMATS)[number];

export type Address = { link: string; format: Format };

const MANIFEST_NAMES: Readonly<Record<Format, string>> = { hls: 'main.m3u8', dash: 'manifest.mpd' };

/** A link token or an asset id. Both have only unreserved characters, so a path needs no escaping. */
const LINK = /^[A-Za-z0-9._~-]{1,8192}$/;

/** `null` if the path has no link. */
export function parseAddress(url: URL): Address | null {
  const [, page, link, ...rest] = url.pathname.split('/');
  if (page !== 'watch' || link === undefined || !LINK.test(link) || rest.length > 0) {
    return null;
  }
  return { link, format: url.searchParams.get('format') === 'dash' ? 'dash' : 'hls' };
}

/** The absolute path of the manifest. */
export function manifestPath({ link, format }: Address): string {
  return `/v/${link}/${MANIFEST_NAMES[format]}`;
}

/** The absolute path of the watch page. HLS is the default, so it is left out. */
export function watchPath({ link, format }: Address): string {
  return `/watch/${link}${format === 'hls' ? '' : `?format=${format}`}`;
}

/** Finds the link in pasted text: a watch or playback URL, or the bare link. `null` if there is none. */
export function linkOf(text: string): string | null {
  const trimmed = text.trim();
  const found = /\/(?:watch|v)\/([^/?#\s]+)/.exec(trimmed)?.[1] ?? trimmed;
  return LINK.test(found) ? found : null;
}
