/** An asset's live numbers as server-sent events: at once, then whenever they have changed. The caller gives reader and clock. */

import type { LiveViews } from '../../analytics/facts.ts';
import { eventText, lookAgain, type StreamClock } from '../../http/event-stream.ts';
import { liveReport } from '../resources/live-numbers.ts';

/** How often an open stream asks the root: a quarter of the two seconds that a number may be late. */
export const VIEWS_POLL_MS = 500;

export function liveEvents(source: StreamClock & { readLive(): Promise<LiveViews> }): AsyncGenerator<string> {
  let told = '';
  return lookAgain(source, VIEWS_POLL_MS, async () => {
    const text = eventText('views', liveReport(await source.readLive()));
    const isNew = text !== told;
    told = text;
    return { events: isNew ? [text] : [] };
  });
}
