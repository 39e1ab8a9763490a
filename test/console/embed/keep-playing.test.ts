import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keepPlaying } from '../../../console/src/embed/keep-playing.js';

const LINK = 'https://sluice.example/v/token/main.m3u8';
const manifestOf = (session: string, track = 'v720') => `#EXTM3U\n/s/${session}/${track}.m3u8\n`;
const problem = (code: string) => JSON.stringify({ code, title: code, detail: '' });
const MINUTE_MS = 60_000;

/** As much of a media element as is looked at: 20 s are buffered, or nothing. */
class FakeVideo extends EventTarget {
  currentTime = 7;
  paused = false;
  end = 20;
  get buffered() {
    return { length: 1, start: () => 0, end: () => this.end };
  }
  play() {
    calls.push('play');
  }
  runDry() {
    this.end = this.currentTime;
    this.dispatchEvent(new Event('waiting'));
  }
}

let video: FakeVideo;
let keeper: ReturnType<typeof keepPlaying>;
let calls: string[];
/** What the link answers. */
let answer: () => Response;
const page = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('fetch', async (url: string) => {
    calls.push(`fetch ${url}`);
    return answer();
  });
  calls = [];
  video = new FakeVideo();
  answer = () => new Response(manifestOf('new'));
  keeper = keepPlaying(video as unknown as HTMLVideoElement, {
    stop: () => calls.push('stop'),
    reload: (link, seconds) => calls.push(`reload ${link} ${seconds}`),
    onChange: (state, failure) => calls.push([state, failure?.code].filter(Boolean).join(' ')),
  });
  keeper.succeeded(LINK, () => manifestOf('old'));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Milliseconds until it may be asked again. */
async function waitOf(status: number, body?: unknown): Promise<number> {
  const startedAtMs = Date.now();
  const failed = keeper.failed(status, body).then(() => Date.now() - startedAtMs);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  return failed;
}

describe('a network that fails', () => {
  test.each([
    ['nothing', 0, undefined],
    ['a proxy’s page', 502, '<html>'],
    ['the server in trouble', 503, problem('unavailable')],
    ['too much asked', 429, problem('rate_limited')],
  ])('by %s is asked again after longer and longer waits', async (_, status, body) => {
    const waits = [await waitOf(status, body), await waitOf(status, body), await waitOf(status, body)];
    expect(waits).toEqual([500, 625, 781]);
    for (let failures = 3; failures < 40; failures += 1) {
      await waitOf(status, body);
    }
    expect(await waitOf(status, body)).toBe(30_000);
    expect(calls).toEqual(['playing', 'reconnecting network']);
  });

  test('is asked again at once when it is back', async () => {
    const failed = keeper.failed(0);
    page.dispatchEvent(new Event('online'));
    expect(await failed).toBe(true);
  });

  test('waits short again after something arrived', async () => {
    await waitOf(0);
    await waitOf(0);
    keeper.succeeded('https://sluice.example/s/old/v720/1/2.m4s', () => '');
    expect(await waitOf(0)).toBe(500);
    expect(calls).toEqual(['playing', 'reconnecting network', 'playing', 'reconnecting network']);
  });

  test('waits short again with another link', async () => {
    await waitOf(0);
    keeper.succeeded(LINK.replace('token', 'other'), () => manifestOf('other'));
    expect(await waitOf(0)).toBe(500);
  });

  test('never ends a film, buffer or not', async () => {
    video.runDry();
    await waitOf(0);
    expect(calls).not.toContain('stop');
  });
});

describe('an expired session', () => {
  const segment = 'https://sluice.example/s/old/v720/1/3.m4s';

  test.each(['session_expired', 'session_malformed', 'session_signature'])('(%s) is renewed at once', async (code) => {
    expect(keeper.rewrite(segment)).toBe(segment);
    // Sound and picture are refused together.
    const both = await Promise.all([keeper.failed(403, problem(code)), keeper.failed(403, problem(code))]);
    expect(both).toEqual([true, true]);
    expect(keeper.rewrite(segment)).toBe('https://sluice.example/s/new/v720/1/3.m4s');
    expect(calls).toEqual(['playing', `reconnecting ${code}`, `fetch ${LINK}`]);
  });

  test('that is reported late, after the renewal, is no reason for another', async () => {
    await keeper.failed(403, problem('session_expired'));
    keeper.succeeded('https://sluice.example/s/new/v720/1/3.m4s', () => '');
    answer = () => new Response(manifestOf('third'));
    expect(await keeper.failed(403, problem('session_expired'))).toBe(true);
    expect(keeper.rewrite(segment)).toContain('/s/new/');
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await waitOf(403, problem('session_expired'));
    expect(keeper.rewrite(segment)).toContain('/s/third/');
  });

  test.each([
    ['of one film', () => 'v720'],
    ['of a film that is published anew all the time', () => `v${calls.length}`],
  ])('%s that is refused again and again is not asked for in a hot loop', async (_, track) => {
    answer = () => new Response(manifestOf('new', track()));
    let loads = 0;
    const play = async () => {
      for (; loads < 1000; loads += 1) {
        keeper.succeeded(LINK, () => manifestOf('new', track()));
        await keeper.failed(403, problem('session_signature'));
      }
    };
    void play();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(loads).toBeLessThan(20);
  });

  test('as bytes is one too', async () => {
    await keeper.failed(403, new TextEncoder().encode(problem('session_expired')).buffer);
    expect(keeper.rewrite(segment)).toContain('/s/new/');
  });

  test('of a film that was published anew loads it at the position', async () => {
    answer = () => new Response(manifestOf('new', 'v1080'));
    await keeper.failed(403, problem('session_expired'));
    expect(calls.at(-1)).toBe(`reload ${LINK} 7`);
    expect(keeper.rewrite(segment)).toBe(segment);
    video.dispatchEvent(new Event('canplay'));
    expect(calls.at(-1)).toBe('play');
  });

  test('of an expired link plays what is buffered, then ends', async () => {
    answer = () => new Response(problem('link_expired'), { status: 403 });
    await keeper.failed(403, problem('session_expired'));
    expect(calls).not.toContain('stop');
    video.runDry();
    expect(calls.slice(-2)).toEqual(['stop', 'ended link_expired']);
    expect(await keeper.failed(403, problem('session_expired'))).toBe(false);
  });

  test('is renewed later where the network fails just then', async () => {
    answer = () => {
      throw new TypeError('Failed to fetch');
    };
    await keeper.failed(403, problem('session_expired'));
    expect(keeper.rewrite(segment)).toBe(segment);
    answer = () => new Response(manifestOf('new'));
    expect(await waitOf(403, problem('session_expired'))).toBe(625);
    expect(keeper.rewrite(segment)).toContain('/s/new/');
  });
});

describe('a refusal', () => {
  test.each(['session_revoked', 'link_revoked', 'asset_disabled', 'asset_not_found', 'stream_evicted'])(
    'with %s ends the film at once',
    async (code) => {
      expect(await keeper.failed(403, problem(code))).toBe(false);
      keeper.succeeded('https://sluice.example/s/old/v720/1/2.m4s', () => '');
      expect(calls).toEqual(['playing', 'stop', `ended ${code}`]);
    },
  );

  test.each(['session_track', 'stream_limit', 'not_found'])(
    'with %s ends it when the buffer is empty',
    async (code) => {
      await waitOf(403, problem(code));
      expect(calls).not.toContain('stop');
      video.runDry();
      expect(calls.slice(-2)).toEqual(['stop', `ended ${code}`]);
    },
  );

  test('that is over when the buffer runs dry ends nothing', async () => {
    await waitOf(403, problem('stream_limit'));
    keeper.succeeded('https://sluice.example/s/old/v720/1/2.m4s', () => '');
    video.runDry();
    expect(calls).not.toContain('stop');
  });

  test('is over when a link is loaded again', async () => {
    await keeper.failed(403, problem('asset_disabled'));
    keeper.succeeded(LINK, () => manifestOf('third'));
    expect(calls.at(-1)).toBe('playing');
    expect(await waitOf(0)).toBe(500);
  });
});
