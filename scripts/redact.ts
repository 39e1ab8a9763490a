/** What of another program's output may be shown and kept. */
import { cleanLine } from '../src/platform/text.ts';

/**
 * A link: a JWS in its compact form, whose header is a JSON object, which begins with these three characters in base64url.
 * Or what follows the id of a session in its URLs.
 */
const TOKEN = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?<=\/s\/[0-9a-z]{16})[A-Za-z0-9_-]+/g;

/** Playback links and sessions are credentials, and wrangler logs the URLs of requests that broke off. */
export const withoutTokens = (text: string): string => text.replaceAll(TOKEN, '[token]');

/** Its lines, without tokens and control characters: each may be shown on a terminal behind the name of its source. */
export const shownLines = (text: string): string[] => text.split(/\r?\n/).map((line) => cleanLine(withoutTokens(line)));
