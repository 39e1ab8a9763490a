/** Before the end-to-end tests: one system, one browser, one page of players and four published films for all of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ffmpeg, words } from '../../system/ffmpeg.ts';
import { makeFilm } from '../../system/films.ts';
import { holdSystem } from '../../system/held-system.ts';
import type { TestSystem } from '../../system/with-system.ts';
import { launchBrowserServer } from './chromium.ts';
import { servePlayerPage } from './player-page.ts';
import { addTracks, makeTrackedClip } from './tracked-film.ts';

export type SharedFilm = { id: string; title: string; path: string };
export type Shared = {
  url: string;
  apiToken: string;
  /** Where Playwright connects to. */
  browserUrl: string;
  playerPageUrl: string;
  /** A real one (test/system/films.ts). */
  film: SharedFilm;
  /** Made; see `makeClip`. */
  clip: SharedFilm;
  /** The same clip again, for the tests that take a film down. */
  takenDown: SharedFilm;
  /** See tracked-film.ts. */
  tracked: SharedFilm;
};

declare module 'vitest' {
  interface ProvidedContext {
    shared: Shared;
  }
}

const VARS = {
  // What is not urgent is sent after a second, so that statistics are whole soon after a session's end.
  VIEW_FLUSH_SECONDS: '1',
  // A film that is taken down stops within a second.
  EDGE_STATE_SECONDS: '1',
};

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const closers = [() => rm(folder, { recursive: true, force: true })];
  const opened = async <T>(opening: Promise<T>, close: (it: T) => Promise<void>): Promise<T> => {
    const it = await opening;
    closers.push(() => close(it));
    return it;
  };
  const close = async () => void (await Promise.all(closers.map((closer) => closer())));
  try {
    const files = ['film.mp4', 'clip.mp4', 'tracked.mp4'].map((name) => join(folder, name));
    const [filmFile = '', clipFile = '', trackedFile = ''] = files;
    const [{ system }, browser, page] = await Promise.all([
      opened(holdSystem({ vars: VARS }), (held) => held.release()),
      opened(launchBrowserServer(), (server) => server.close()),
      opened(servePlayerPage(), (server) => server.close()),
      makeFilm(filmFile),
      makeClip(clipFile),
      makeTrackedClip(trackedFile),
    ]);
    const [film, clip, takenDown, tracked] = await Promise.all([
      publish(system, filmFile, 'Sintel <trailer> & "more"'),
      publish(system, clipFile, 'Numbers'),
      publish(system, clipFile, 'Numbers'),
      publish(system, trackedFile, 'Tracks'),
    ]);
    await addTracks(system, tracked.id);
    const { url, apiToken } = system;
    const films = { film, clip, takenDown, tracked };
    provide('shared', { url, apiToken, browserUrl: browser.wsEndpoint(), playerPageUrl: page.url, ...films });
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

async function publish(system: TestSystem, path: string, title: string): Promise<SharedFilm> {
  return { id: (await system.ingest(path, title)).id, title, path };
}

/**
 * 15 segments: more than players hold ahead, so that what is fetched has a shape. Two small renditions: quick to encode, and
 * four can play at once. The sound is noise: of a pure tone the AAC encoder takes five times as long.
 */
async function makeClip(path: string): Promise<void> {
  const picture = words(
    '-f lavfi -i testsrc2=size=640x360:rate=12 -f lavfi -i anoisesrc=sample_rate=48000:amplitude=0.1:seed=1',
  );
  await ffmpeg(...picture, ...words('-t 60 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac'), path);
}
