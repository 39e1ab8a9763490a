import { describe, expect, test } from 'vitest';
import { restrictPresentation } from '../../../../src/access/allowed-tracks.ts';
import { Manifests, type Playlist } from '../../../../src/delivery/manifests/manifests.ts';
import { presentationKey } from '../../../../src/media/keys.ts';
import { renderMpd } from '../../../../src/media/manifest/dash/mpd.ts';
import { renderIFramePlaylist, renderMediaPlaylist } from '../../../../src/media/manifest/hls/media-playlist.ts';
import { renderMultivariantPlaylist } from '../../../../src/media/manifest/hls/multivariant-playlist.ts';
import type { Presentation } from '../../../../src/media/presentation.ts';
import { presentation as fixture } from '../../media/manifest/fixture.ts';
import { MemoryObjects } from '../objects/memory-objects.ts';

const whole = fixture();
const [first, second] = whole.tracks.filter((track) => track.kind === 'video');

function manifestsOf(...presentations: Presentation[]) {
  const objects = new MemoryObjects();
  for (const presentation of presentations) {
    objects.objects.set(presentationKey(presentation, presentation.revision), JSON.stringify(presentation));
  }
  return { objects, manifests: new Manifests(objects) };
}

const textOf = (playlist: Playlist | null): string => new TextDecoder().decode(playlist?.text.bytes);

describe('playlists', () => {
  test('are those of the renderers, each rendered once', async () => {
    const { manifests } = manifestsOf(whole);
    if (first === undefined) {
      throw new Error('the fixture has no video');
    }
    const playlist = await manifests.playlist(whole, { kind: 'media-playlist', track: first.id });
    const iframes = await manifests.playlist(whole, { kind: 'iframe-playlist', track: first.id });
    expect(textOf(playlist)).toBe(renderMediaPlaylist(whole, first));
    expect(textOf(iframes)).toBe(renderIFramePlaylist(whole, first));
    const again = await manifests.playlist(whole, { kind: 'media-playlist', track: first.id });
    expect(again?.text).toBe(playlist?.text);
    // The first had the presentation read, the second had it parsed, the third needed none.
    expect([playlist, iframes, again].map((given) => given?.tier)).toEqual(['r2', 'memory', 'memory']);
  });

  test('of another track, revision or kind are others; of what is not there, none', async () => {
    const later = { ...whole, revision: whole.revision + 1, tracks: whole.tracks.slice(0, 1) };
    const { manifests, objects } = manifestsOf(whole, later);
    const target = { kind: 'media-playlist', track: second?.id ?? '' } as const;
    expect(textOf(await manifests.playlist(whole, target))).toContain(`${target.track}/`);
    expect(await manifests.playlist(later, target)).toBeNull();
    expect(await manifests.playlist({ ...whole, version: 'other' }, target)).toBeNull();
    expect(await manifests.playlist(whole, { kind: 'iframe-playlist', track: 'a128-en' })).toBeNull();
    objects.objects.clear();
    expect(await manifests.playlist(whole, target)).not.toBeNull();
  });
});

describe('manifests', () => {
  const { manifests } = manifestsOf();
  const lower = restrictPresentation(whole, 720);

  test.each([
    ['multivariant', renderMultivariantPlaylist],
    ['mpd', renderMpd],
  ] as const)('of every session are those of the renderer: %s', (kind, render) => {
    for (const basePath of ['/s/aaa.bbb.ccc/', '/s/ddd.eee.fff/', '/s/$1.$$.$x/']) {
      const text = manifests.manifest(kind, whole, basePath);
      expect(text).toBe(render(whole, { basePath }));
      const limited = manifests.manifest(kind, lower, basePath);
      expect(limited).toBe(render(lower, { basePath }));
      expect(limited).not.toBe(text);
    }
  });
});
