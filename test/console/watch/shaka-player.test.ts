/** What the watch page makes of Shaka Player's list of renditions, which is not always whole. */
import { expect, test, vi } from 'vitest';
import { createShakaPlayer } from '../../../console/src/watch/shaka-player.ts';

type Track = { width: number; height: number; videoCodec: string; bandwidth: number; active: boolean };

const track = (height: number): Track => ({
  ...{ width: (height * 16) / 9, height, videoCodec: 'avc1.64001f', bandwidth: height * 1_000, active: false },
});

const shaka = vi.hoisted(() => ({ tracks: [] as unknown[], leftOut: 0, adapts: true, selected: null as unknown }));

vi.mock('shaka-player/dist/shaka-player.compiled-es2021.js', () => {
  class Player {
    static isBrowserSupported = () => true;
    setVideoContainer = () => {};
    attach = async () => {};
    load = async () => {};
    addEventListener = () => {};
    getNetworkingEngine = () => null;
    getTextTracks = () => [];
    configure({ abr }: { abr?: { enabled: boolean } }) {
      shaka.adapts = abr?.enabled ?? shaka.adapts;
    }
    getVariantTracks = () =>
      (shaka.tracks as Track[]).filter(({ height }) => !(shaka.adapts && height === shaka.leftOut));
    selectVariantTrack = (chosen: unknown) => {
      shaka.selected = chosen;
    };
  }
  const error = { Category: {}, Code: {}, Severity: {} };
  return { default: { Player, polyfill: { installAll: () => {} }, util: { Error: error } } };
});

const LOAD = { url: '/v/x/main.m3u8', startSeconds: 0, sound: null, pixelsMax: null };

async function playerOf(heights: number[]) {
  Object.assign(shaka, { tracks: heights.map(track), leftOut: 0, adapts: true, selected: null });
  const video = { addEventListener: () => {} } as unknown as HTMLVideoElement;
  const nothing = () => {};
  const player = await createShakaPlayer(video, {} as HTMLElement, {
    ...{ onFailure: nothing, onTracks: nothing, onOutage: nothing, onReload: nothing },
  });
  await player.load(LOAD);
  return { player, heights: () => player.renditions().map(({ height }) => height) };
}

test('a rendition that Shaka leaves out for a while stays in the list', async () => {
  const { heights } = await playerOf([360, 720, 540]);
  expect(heights()).toEqual([720, 540, 360]);
  shaka.leftOut = 720;
  expect(heights()).toEqual([720, 540, 360]);
});

test('another film has other renditions', async () => {
  const { player, heights } = await playerOf([360, 720]);
  heights();
  shaka.tracks = [track(240)];
  await player.load({ ...LOAD, url: '/v/y/main.m3u8' });
  expect(heights()).toEqual([240]);
});

test('a rendition that Shaka leaves out can be chosen', async () => {
  const { player } = await playerOf([360, 720]);
  shaka.leftOut = 720;
  player.choose(720);
  expect(shaka).toMatchObject({ adapts: false, selected: { height: 720 } });
});

test.each([[null], [1080]])('%s is automatic', async (height) => {
  const { player } = await playerOf([360, 720]);
  player.choose(720);
  player.choose(height);
  expect(shaka.adapts).toBe(true);
});
