/** What tests expect of a film that plays from its source, whatever the file. */
import { expect } from 'vitest';
import type { Presentation } from '../../src/media/presentation.ts';
import {
  decodedFrames,
  hashesOf,
  largestDrift,
  presentationOf,
  readTrack,
  type SourceFilm,
  sourceSamples,
  uploadSource,
} from './source-truth.ts';
import type { TestSystem } from './with-system.ts';

/** Less than a frame of anything: what rounding to the ticks of a track may cost. */
const DRIFT_SECONDS_MAX = 0.001;

/** Every sample of the file once, in order, at its time; and every decoded picture. Returns the film for further checks. */
export async function expectWholeSource(system: TestSystem, path: string): Promise<SourceFilm> {
  const film = await uploadSource(system, path);
  const presentation = await presentationOf(system, film.id);
  const [picture, sound] = [await sourceSamples(path, 'v:0'), await sourceSamples(path, 'a:0')];
  expect(presentation.tracks.map(({ id }) => id)).toEqual(sound.length === 0 ? ['sv0'] : ['sv0', 'sa0']);

  await expectTrack(film, presentation, 'sv0', picture);
  if (sound.length > 0) {
    await expectTrack(film, presentation, 'sa0', sound);
  }
  const [made, source] = [await decodedFrames(film.links.hls), await decodedFrames(path)];
  expect(source.length).toBe(picture.length);
  expect(made).toEqual(source);
  return film;
}

async function expectTrack(
  film: SourceFilm,
  presentation: Presentation,
  id: string,
  source: Awaited<ReturnType<typeof sourceSamples>>,
): Promise<void> {
  const made = await readTrack(film, presentation, id);
  expect(made.brokenSegments).toEqual([]);
  expect(made.firstDecodeTicks).toBeGreaterThanOrEqual(0);
  expect(hashesOf(made.samples)).toEqual(hashesOf(source));
  expect(largestDrift(made.samples, source)).toBeLessThan(DRIFT_SECONDS_MAX);
}
