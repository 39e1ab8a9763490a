/** Makes another program's output safe to show and keep. */
import { cleanLine } from '../src/platform/text.ts';

/**
 * A link token is a compact JWS. Its header is a JSON object, so in base64url it starts with `eyJ`. The second pattern
 * is what follows the session id in the URLs of a session.
 */
const TOKEN = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?<=\/s\/[0-9a-z]{16})[A-Za-z0-9_-]+/g;

/** Playback links and sessions are credentials, and wrangler logs the URLs of aborted requests. */
export const withoutTokens = (text: string): string => text.replaceAll(TOKEN, '[token]');

/** The lines of a text without tokens and control characters, safe to show on a terminal. */
export const shownLines = (text: string): string[] => text.split(/\r?\n/).map((line) => cleanLine(withoutTokens(line)));
