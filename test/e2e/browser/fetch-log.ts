/** Which video segments a page's player asked for and got, by session. */
import type { Page } from 'playwright-core';
import type { LossyProxy } from './lossy-proxy.ts';

/** Segment numbers by session token. */
type Segments = Map<string, Set<number>>;
export type FetchLog = { readonly asked: Segments; readonly finished: Segments };

/** `/s/{session}/v…/{attempt}/{number}.m4s`: sound beside picture is not counted. */
const VIDEO_SEGMENT = /\/s\/([^/]+)\/v[^/]*\/[^/]+\/(\d+)\.m4s$/;

function note(segments: Segments, path: string): void {
  const [, session, number] = VIDEO_SEGMENT.exec(path) ?? [];
  if (session !== undefined) {
    segments.set(session, (segments.get(session) ?? new Set()).add(Number(number)));
  }
}

/**
 * From now on, through reloads. What finished is the browser's own log. What was asked for is the proxy's: of a request
 * that a reload or a seek breaks off at once, the browser may tell nothing, though the server has counted it.
 */
export function logFetches(page: Page, proxy: LossyProxy): FetchLog {
  const finished: Segments = new Map();
  page.on('requestfinished', (request) => note(finished, new URL(request.url()).pathname));
  return {
    finished,
    get asked() {
      const asked: Segments = new Map();
      for (const path of proxy.passed) {
        note(asked, path);
      }
      return asked;
    },
  };
}
