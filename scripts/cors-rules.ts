/** The bucket's CORS rules for direct uploads (https://developers.cloudflare.com/r2/buckets/cors/). Pure. */

/** Browsers ask again after this. Chromium keeps no answer for longer. */
const PREFLIGHT_SECONDS = 2 * 3600;

/** Throws with a message for the user where something is no origin of a page. */
export function corsRules(origins: readonly string[]) {
  if (origins.length === 0) {
    throw new Error('usage: npm run cors -- https://app.example [ORIGIN…] [--config FILE] [wrangler options]');
  }
  const wrong = origins.find((text) => !isOrigin(text));
  if (wrong !== undefined) {
    throw new Error(`${wrong} is not an origin: write it as https://app.example, without a path`);
  }
  return {
    rules: [
      {
        id: 'sluice-direct-uploads',
        // A presigned URL allows a part of an upload and nothing else, so that the methods need not be fewer than this.
        allowed: { origins, methods: ['PUT'], headers: ['content-type'] },
        // Completing an upload takes the ETag of each part.
        exposeHeaders: ['ETag'],
        maxAgeSeconds: PREFLIGHT_SECONDS,
      },
    ],
  };
}

/** As browsers write it in the header Origin. */
const isOrigin = (text: string): boolean => /^https?:/.test(text) && URL.parse(text)?.origin === text;

/** Origins come first. The rest is wrangler's. */
export function splitArguments(args: readonly string[]): { origins: string[]; options: string[]; config: string } {
  const first = args.findIndex((text) => text.startsWith('-'));
  const options = first < 0 ? [] : args.slice(first);
  const named = options.indexOf('--config');
  return {
    origins: first < 0 ? [...args] : args.slice(0, first),
    options,
    config: (named < 0 ? undefined : options[named + 1]) ?? 'wrangler.toml',
  };
}
