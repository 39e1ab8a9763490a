/** The stream of live numbers, with the clock in the test's hands. */
import { describe, expect, test } from 'vitest';
import type { LiveViews } from '../../../../src/analytics/facts.ts';
import { liveEvents, VIEWS_POLL_MS } from '../../../../src/control/views/live-stream.ts';
import { AppError } from '../../../../src/errors.ts';
import { MAX_STREAM_MS, StreamPlaces } from '../../../../src/http/event-stream.ts';

const live = (views: number, watchMs = 0): LiveViews => ({ views, watching: 1, watchMs, viewers: views });

/** One moment for each look; the last one goes on. A moment that is null fails. */
function sourceOf(moments: (LiveViews | null)[]) {
  let look = 0;
  let now = 0;
  return {
    async readLive() {
      const moment = moments[Math.min(look, moments.length - 1)];
      if (moment === null || moment === undefined) {
        throw new AppError('unavailable');
      }
      return moment;
    },
    now: () => now,
    async wait(ms: number) {
      expect(ms).toBe(VIEWS_POLL_MS);
      now += ms;
      look += 1;
    },
  };
}

async function play(moments: (LiveViews | null)[]) {
  const source = sourceOf(moments);
  const texts: string[] = [];
  for await (const text of liveEvents(source)) {
    texts.push(text);
  }
  return { texts, lasted: source.now() };
}

const viewsIn = (texts: string[]) =>
  texts.flatMap((text) => {
    const [, data] = /^event: views\ndata: (.+)\n\n$/.exec(text) ?? [];
    return data === undefined ? [] : [JSON.parse(data)];
  });

describe('a stream of views', () => {
  test('tells the numbers at once, then whenever they have changed as they are shown', async () => {
    const { texts } = await play([live(0), live(0), live(1), live(1, 1), live(1, 60_000)]);
    expect(texts[0]).toBe('retry: 1000\n\n');
    expect(viewsIn(texts)).toEqual([
      { views: 0, viewers: 0, minutes: 0, watching: 1 },
      { views: 1, viewers: 1, minutes: 0, watching: 1 },
      { views: 1, viewers: 1, minutes: 1, watching: 1 },
    ]);
  });

  test('of what does not change says every 15 seconds that it is still there, and ends after five minutes', async () => {
    const { texts, lasted } = await play([live(1)]);
    expect(texts.filter((text) => text === ': still here\n\n')).toHaveLength(19);
    expect(texts).toHaveLength(21);
    expect(lasted).toBe(MAX_STREAM_MS);
  });
});

const ONE_TEXT = (async function* oneText() {
  yield 'x';
})();

describe('the places of an isolate', () => {
  const open = (places: StreamPlaces, nowMs: number, moments: (LiveViews | null)[] = [live(1)]) =>
    places.open(liveEvents(sourceOf(moments)), nowMs);

  test('are bounded, and one that is left can be taken', async () => {
    const places = new StreamPlaces(2);
    const first = open(places, 0);
    open(places, 0);
    expect(() => open(places, 0)).toThrow(expect.objectContaining({ code: 'streams_full' }));
    await first.cancel();
    open(places, 0);
    expect(() => open(places, 0)).toThrow(expect.objectContaining({ code: 'streams_full' }));
  });

  test('of streams that ended without a word are free when their time is up', () => {
    const places = new StreamPlaces(1);
    open(places, 0);
    expect(() => open(places, MAX_STREAM_MS - 1)).toThrow(AppError);
    open(places, MAX_STREAM_MS);
  });

  test('are left by a stream that fails, after what it has told', async () => {
    const places = new StreamPlaces(1);
    const text = await new Response(open(places, 0, [live(7), null])).text();
    expect(text).toContain('"views":7');
    open(places, 0);
  });

  test('are left by a stream that ends', async () => {
    const places = new StreamPlaces(1);
    expect(await new Response(places.open(ONE_TEXT, 0)).text()).toBe('x');
    open(places, 0);
  });
});
