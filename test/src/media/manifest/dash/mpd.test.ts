import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { renderMpd } from '../../../../../src/media/manifest/dash/mpd.ts';
import { renderMediaPlaylist } from '../../../../../src/media/manifest/hls/media-playlist.ts';
import { presentationDurationSeconds, type TrackChunk } from '../../../../../src/media/presentation.ts';
import { AUDIOS, audioTrack, presentation, presentationOf, textTrack, VIDEOS, videoTrack } from '../fixture.ts';

const options = { basePath: '/s/SESSION/' };
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  isArray: (name) => ['AdaptationSet', 'Representation', 'S'].includes(name),
});

function parse(text: string) {
  expect(XMLValidator.validate(text)).toBe(true);
  return parser.parse(text).MPD;
}

describe('the MPD', () => {
  test('is, for one rendition and one language', () => {
    const [, v720 = videoTrack('missing', 2, 2, 1)] = VIDEOS;
    expect(
      renderMpd(presentationOf([v720, ...AUDIOS.slice(0, 1)]), options),
    ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT9.509500S" minBufferTime="PT4.010667S">
<BaseURL>/s/SESSION/</BaseURL>
<Period id="1" start="PT0S" duration="PT9.509500S">
<AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" maxWidth="1280" maxHeight="720" maxFrameRate="30000/1001">
<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
<Representation id="v720" bandwidth="1838162" codecs="avc1.64001f" width="1280" height="720" frameRate="30000/1001" sar="1:1">
<SegmentTemplate timescale="30000" startNumber="1" initialization="v720/init.mp4" media="v720/1,3.2/$Number$.m4s">
<SegmentTimeline>
<S t="0" d="120120" r="1"/>
<S d="45045"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
<AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
<Representation id="a128-en" bandwidth="128489" codecs="mp4a.40.2" audioSamplingRate="48000">
<AudioChannelConfiguration schemeIdUri="urn:mpeg:mpegB:cicp:ChannelConfiguration" value="2"/>
<SegmentTemplate timescale="48000" startNumber="1" initialization="a128-en/init.mp4" media="a128-en/1/$Number$.m4s">
<SegmentTimeline>
<S t="0" d="192512" r="1"/>
<S d="71680"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
</Period>
</MPD>
`);
  });

  test('says what sound is for, and how it is called', () => {
    const tracks = [
      audioTrack('a128-en', 'en'),
      audioTrack('a128-en-2', 'en', { role: 'description', name: 'For <blind> & "others"' }),
      audioTrack('a128-en-3', 'en', { role: 'clean_speech' }),
      audioTrack('a128-en-4', 'en', { role: 'commentary', name: 'Director' }),
    ];
    const text = renderMpd(presentationOf([...VIDEOS, ...tracks]), options);
    const [, plain, description, clear, commentary] = parse(text).Period.AdaptationSet;
    expect(plain).not.toHaveProperty('Label');
    expect(plain).not.toHaveProperty('Accessibility');
    const schemeIdUri = 'urn:tva:metadata:cs:AudioPurposeCS:2007';
    expect(description).toMatchObject({
      Label: 'For <blind> & "others"',
      Accessibility: { schemeIdUri, value: '1' },
      Role: { value: 'description' },
    });
    expect(clear).toMatchObject({ Accessibility: { schemeIdUri, value: '2' }, Role: { value: 'alternate' } });
    expect(commentary).toMatchObject({ Label: 'Director', Role: { value: 'commentary' } });
    // The schema of MPDs has this order (ISO/IEC 23009-1 5.3.3.3).
    expect(text).toMatch(/<Label>.*<\/Label>\n<Accessibility .*\n<Role .*\n<Representation /);
  });

  test('has no two sounds or texts that players cannot tell apart', () => {
    const tracks = [
      audioTrack('a128-en', 'en'),
      audioTrack('a128-en-2', 'en'),
      audioTrack('a384-en-2', 'en', { channels: 6, formatOf: 'a128-en-2' }),
      audioTrack('a128-en-3', 'en', { role: 'commentary', name: 'Director' }),
      audioTrack('a128-en-4', 'en', { role: 'commentary', name: 'Director' }),
    ];
    const texts = ['t-en', 't-en-2'].map((id) => textTrack(id, 'en'));
    const text = renderMpd({ ...presentationOf([...VIDEOS, ...tracks]), texts }, options);
    const [, ...sets] = parse(text).Period.AdaptationSet;
    expect(sets.map((set: Record<string, string>) => set['Label'])).toEqual([
      undefined,
      ...['English 2', 'English 2', 'Director', 'Director 2', undefined, 'English 2'],
    ]);
  });

  test('has a set for each format of a sound, with the labels of that sound', () => {
    const format = { channels: 6, formatOf: 'a128-en', language: 'fr' };
    const tracks = [
      audioTrack('a128-en', 'en', { name: 'Film' }),
      audioTrack('a128-de', 'de'),
      audioTrack('a384-en', 'en', format),
      audioTrack('a-ec3-384-en', 'en', { ...format, codec: 'ec-3' }),
    ];
    const [, ...sets] = parse(renderMpd(presentationOf([...VIDEOS, ...tracks]), options)).Period.AdaptationSet;
    const brief = sets.map((set: Record<string, string> & { Representation: { id: string }[] }) => [
      set['id'],
      set.Representation[0]?.id,
      set['lang'],
      set['Label'],
    ]);
    expect(brief).toEqual([
      ['2', 'a128-en', 'en', 'Film'],
      ['3', 'a384-en', 'en', 'Film'],
      ['4', 'a-ec3-384-en', 'en', 'Film'],
      ['5', 'a128-de', 'de', undefined],
    ]);
    expect(sets[2].Representation[0]).toMatchObject({
      codecs: 'ec-3',
      AudioChannelConfiguration: {
        schemeIdUri: 'tag:dolby.com,2014:dash:audio_channel_configuration:2011',
        value: 'F801',
      },
    });
  });

  test('has the whole of each text as one file (D12)', () => {
    const texts = [
      textTrack('t-en', 'en', { isDefault: true, attempt: '2', name: 'A & B' }),
      textTrack('t-en-captions', 'en', { kind: 'captions' }),
      textTrack('t-en-forced', 'en', { kind: 'forced' }),
      textTrack('t-en-descriptions', 'en', { kind: 'descriptions' }),
    ];
    const text = renderMpd({ ...presentation(), texts }, options);
    expect(parse(text).Period.AdaptationSet).toHaveLength(7);
    expect(text).toContain(
      `<AdaptationSet id="4" contentType="text" mimeType="text/vtt" lang="en">
<Label>A &amp; B</Label>
<Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
<Representation id="t-en" bandwidth="211">
<BaseURL>/s/SESSION/t-en/2/0-250.vtt</BaseURL>
</Representation>
</AdaptationSet>
<AdaptationSet id="5" contentType="text" mimeType="text/vtt" lang="en">
<Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="2"/>
<Role schemeIdUri="urn:mpeg:dash:role:2011" value="caption"/>
`,
    );
    expect(text).toMatch(/value="forced-subtitle"\/>\n<Representation id="t-en-forced"/);
    expect(text).toMatch(/value="description"\/>\n<Representation id="t-en-descriptions"/);
  });

  test('covers the period with every representation, without gaps (D3, D4)', () => {
    const mpd = parse(renderMpd(presentation(), options));
    const sets = mpd.Period.AdaptationSet;
    expect(sets.map((set: { Representation: { id: string }[] }) => set.Representation.map(({ id }) => id))).toEqual([
      ['v360', 'v720', 'v1080'],
      ['a128-en'],
      ['a128-de'],
    ]);
    for (const { SegmentTemplate } of sets.flatMap((set: { Representation: unknown[] }) => set.Representation)) {
      const ticks = SegmentTemplate.SegmentTimeline.S.reduce(
        (sum: number, run: { d: string; r?: string; n?: string }) => sum + Number(run.d) * (Number(run.r ?? 0) + 1),
        0,
      );
      expect(ticks / Number(SegmentTemplate.timescale)).toBeGreaterThanOrEqual(9.5095);
    }
  });

  test('has none of what the rules forbid (D9, D11, D20)', () => {
    expect(renderMpd(presentation(), options)).not.toMatch(
      /bitstreamSwitching| n="|eptDelta|presentationDuration=|availabilityTimeComplete|ContentProtection|cenc/,
    );
  });

  test('moves media time back by the presentation offset', () => {
    const track = videoTrack('v360', 640, 360, 400_000, { presentationOffset: 2002 });
    const mpd = parse(renderMpd(presentationOf([track]), options));
    const template = mpd.Period.AdaptationSet[0].Representation[0].SegmentTemplate;
    expect(template.presentationTimeOffset).toBe('2002');
    expect(template.SegmentTimeline.S[0].t).toBe('2002');
    expect(mpd.mediaPresentationDuration).toBe('PT9.509500S');
  });

  test('rounds its duration up, so that no player drops the last frame', () => {
    const chunks: TrackChunk[] = [{ attempt: '1', firstNumber: 1, segments: [[10_010, 1000]] }];
    const mpd = parse(renderMpd(presentationOf([videoTrack('v360', 640, 360, 1, { chunks })]), options));
    expect(mpd.mediaPresentationDuration).toBe('PT0.333667S'); // 0.33366666…
  });

  test('is as long as the API says, and HLS too, but for an AAC frame of sound', () => {
    const film = presentation();
    const mpd = parse(renderMpd(film, options));
    const seconds = presentationDurationSeconds(film);
    expect(mpd.Period.duration).toBe(mpd.mediaPresentationDuration);
    expect(Math.abs(Number(/^PT(.*)S$/.exec(mpd.Period.duration)?.[1]) - seconds)).toBeLessThan(1e-6);
    for (const track of film.tracks) {
      const durations = [...renderMediaPlaylist(film, track).matchAll(/#EXTINF:([\d.]+)/g)];
      const over = durations.reduce((sum, [, duration]) => sum + Number(duration), -seconds);
      expect(over).toBeGreaterThan(-1e-6);
      expect(over).toBeLessThan(track.kind === 'video' ? 1e-6 : 1024 / 48_000);
    }
  });

  test('keeps other codec families and ranges in sets of their own', () => {
    const hdr = videoTrack('v1080', 1920, 1080, 2_400_000, { videoRange: 'PQ' });
    expect(parse(renderMpd(presentationOf([...VIDEOS.slice(0, 2), hdr]), options)).Period.AdaptationSet).toHaveLength(
      2,
    );
  });

  test('writes whole frame rates as one number', () => {
    const track = { ...videoTrack('v360', 640, 360, 1), frameRate: { num: 24, den: 1 } };
    expect(parse(renderMpd(presentationOf([track]), options)).Period.AdaptationSet[0].Representation[0].frameRate).toBe(
      '24',
    );
  });

  test('declares protection where there is any', () => {
    const protection = { scheme: 'cbcs' as const, keyIds: ['00112233445566778899aabbccddeeff'] };
    const mpd = parse(renderMpd(presentationOf([videoTrack('v360', 640, 360, 1, { protection })]), options));
    expect(mpd.Period.AdaptationSet[0].Representation[0].ContentProtection).toEqual({
      schemeIdUri: 'urn:mpeg:dash:mp4protection:2011',
      value: 'cbcs',
      'cenc:default_KID': '00112233-4455-6677-8899-aabbccddeeff',
    });
  });

  test('escapes its base', () => {
    expect(renderMpd(presentation(), { basePath: '/s/<&>/' })).toContain('<BaseURL>/s/&lt;&amp;&gt;/</BaseURL>');
    expect(() => renderMpd(presentation(), { basePath: '/s/\0/' })).toThrow(TypeError);
  });

  test('refuses numbers that are not consecutive', () => {
    const chunks: TrackChunk[] = [
      { attempt: '1', firstNumber: 1, segments: [[1, 1]] },
      { attempt: '1', firstNumber: 3, segments: [[1, 1]] },
    ];
    expect(() => renderMpd(presentationOf([videoTrack('v360', 640, 360, 1, { chunks })]), options)).toThrow(TypeError);
  });

  test('of two hours with ten tracks stays within 256 KB', () => {
    const video: TrackChunk[] = Array.from({ length: 450 }, (_, index) => ({
      attempt: String((index % 2) + 1),
      firstNumber: index * 4 + 1,
      segments: Array.from({ length: 4 }, (): [number, number] => [120_120, 1_000_000]),
    }));
    // AAC frames do not fit segments: lengths alternate, so no two neighbours form a run.
    const sound: TrackChunk[] = [
      {
        attempt: '1',
        firstNumber: 1,
        segments: Array.from({ length: 1800 }, (_, index): [number, number] => [192_512 - (index % 2) * 1024, 64_000]),
      },
    ];
    const tracks = [
      ...Array.from({ length: 6 }, (_, index) => videoTrack(`v${index}`, 640, 360, 1, { chunks: video })),
      ...Array.from({ length: 4 }, (_, index) => audioTrack(`a${index}`, 'en', { chunks: sound })),
    ];
    expect(renderMpd(presentationOf(tracks), options).length).toBeLessThan(256 * 1024);
  });
});
