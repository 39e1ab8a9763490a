/** Which video segments a page's player asked for and got, by session: the browser's own log. */
import type { Page, Request } from 'playwright-core';

/** Segment numbers by session token. */
type Segments = Map<string, Set<number>>;
export type FetchLog = { asked: Segments; finished: Segments };

/** `/s/{session}/v…/{attempt}/{number}.m4s`: sound beside picture is not counted. */
const VIDEO_SEGMENT = /\/s\/([^/]+)\/v[^/]*\/[^/]+\/(\d+)\.m4s$/;

function note(segments: Segments, request: Request): void {
  const [, session, number] = VIDEO_SEGMENT.exec(new URL(request.url()).pathname) ?? [];
  if (session !== undefined) {
    segments.set(session, (segments.get(session) ?? new Set()).add(Number(number)));
  }
}

/** From now on, through reloads. */
export function logFetches(page: Page): FetchLog {
  const log: FetchLog = { asked: new Map(), finished: new Map() };
  page.on('request', (request) => note(log.asked, request));
  page.on('requestfinished', (request) => note(log.finished, request));
  return log;
}
