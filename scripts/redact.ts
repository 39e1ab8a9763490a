/** What may be shown and kept of a line that somebody else wrote: wrangler names URLs of requests that broke off. */

/** A JWS in its compact form: its header is a JSON object, which begins with these three characters in base64url. */
const TOKEN = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;

/** Playback links and sessions are credentials: none of them may stand in a log. */
export const withoutTokens = (text: string): string => text.replaceAll(TOKEN, '[token]');
