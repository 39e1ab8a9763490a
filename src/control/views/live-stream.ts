/** An asset's live numbers as server-sent events: told at once, then whenever they have changed. What is read, and time, are passed in. */

import type { LiveViews } from '../../analytics/facts.ts';
import { eventText, lookAgain, type StreamClock } from '../../http/event-stream.ts';
import { liveReport } from '../resources/live-numbers.ts';

/** Each open stream asks the root so often: a quarter of the two seconds that a number may be late. */
export const POLL_MS = 500;

export type LiveSource = StreamClock & { readLive(): Promise<LiveViews> };

export function liveEvents(source: LiveSource): AsyncGenerator<string> {
  let told = '';
  return lookAgain(source, POLL_MS, async () => {
    const text = eventText('views', liveReport(await source.readLive()));
    const isNew = text !== told;
    told = text;
    return { events: isNew ? [text] : [] };
  });
}
