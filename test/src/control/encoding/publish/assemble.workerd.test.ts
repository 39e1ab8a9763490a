import { describe, expect, test } from 'vitest';
import {
  assemblePresentation,
  partsOf,
  type ReportedChunk,
} from '../../../../../src/control/encoding/publish/assemble.ts';
import { measureBandwidth } from '../../../../../src/media/bandwidth.ts';
import { audioTracks, presentationSchema } from '../../../../../src/media/presentation.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { audioFacts, sourceFacts } from '../../../protocol/fixture.ts';
import { encodeAll, FACTS, REF, trackOf } from '../fixture.ts';

describe('an assembled presentation', () => {
  test('fits the schema, and lists renditions in the ladder’s order, then sound', async () => {
    const { presentation } = await encodeAll();
    expect(presentationSchema.parse(presentation)).toEqual(presentation);
    expect(presentation.tracks.map(({ id }) => id)).toEqual(['v240', 'v360', 'v480', 'a128-eng']);
    expect(presentation).toMatchObject({ ...REF, revision: 1 });
  });

  test('says what it was encoded from', async () => {
    const { presentation } = await encodeAll();
    expect(presentation.source).toEqual({
      container: FACTS.container,
      sizeBytes: FACTS.sizeBytes,
      width: 854,
      height: 480,
      frameRate: { num: 24, den: 1 },
      frameCount: 336,
      durationSeconds: 14,
      videoCodec: 'h264',
    });
  });

  test('does not depend on the order in which tasks ended', async () => {
    const { plan, reports, presentation } = await encodeAll();
    const again = assemblePresentation(REF, FACTS, plan, [...reports].reverse());
    expect({ ...again, revision: 1 }).toEqual(presentation);
  });

  test('joins what one attempt wrote in a row', async () => {
    const { presentation } = await encodeAll();
    const { chunks } = trackOf(presentation, 'v480');
    expect(chunks.map(({ attempt, firstNumber, segments }) => [attempt, firstNumber, segments.length])).toEqual([
      ['1', 1, 4],
    ]);
    expect(chunks[0]?.segments.map(([ticks]) => ticks)).toEqual([96_000, 96_000, 96_000, 48_000]);
    expect(chunks[0]?.keyframeBytes).toHaveLength(4);
  });

  test('names the attempt that won each chunk', async () => {
    const { presentation } = await encodeAll(FACTS, ['1', '1', '3']);
    const { chunks } = trackOf(presentation, 'v480');
    expect(chunks.map(({ attempt, firstNumber, segments }) => [attempt, firstNumber, segments.length])).toEqual([
      ['1', 1, 2],
      ['3', 3, 2],
    ]);
  });

  test('leaves the reports as they were', async () => {
    const { plan, reports } = await encodeAll();
    const before = structuredClone(reports);
    assemblePresentation(REF, FACTS, plan, reports);
    assemblePresentation(REF, FACTS, plan, reports);
    expect(reports).toEqual(before);
  });

  test('declares the bandwidth of all its segments', async () => {
    const { presentation, reports } = await encodeAll();
    const segments = partsOf(reports, 'v480').flatMap((part) => part.segments);
    expect(segments).toHaveLength(4);
    expect(trackOf(presentation, 'v480').bandwidth).toEqual(measureBandwidth(segments, 24_000));
  });

  test('has one main sound, the others are alternates', async () => {
    const facts = {
      ...FACTS,
      audio: [audioFacts(), audioFacts({ streamIndex: 2, language: 'deu', isDefault: false })],
    };
    const { presentation } = await encodeAll(facts);
    const sounds = presentation.tracks.filter(({ kind }) => kind === 'audio');
    expect(sounds).toMatchObject([
      { id: 'a128-eng', language: 'eng', role: 'main' },
      { id: 'a128-deu', language: 'deu', role: 'alternate' },
    ]);
  });

  test('has the names and purposes of the plan', async () => {
    const facts = {
      ...FACTS,
      audio: [audioFacts(), audioFacts({ streamIndex: 2, language: 'pt-BR', role: 'commentary', name: 'Diretor' })],
    };
    const { presentation } = await encodeAll(facts);
    const [own, commentary] = presentationSchema.parse(presentation).tracks.filter(({ kind }) => kind === 'audio');
    expect(own).not.toHaveProperty('name');
    expect(commentary).toMatchObject({ id: 'a128-pt-br', language: 'pt-BR', role: 'commentary', name: 'Diretor' });
  });

  test('says what sound a format is of, with its purpose, and how loud the first part heard it', async () => {
    const facts = { ...FACTS, audio: [audioFacts({ channels: 6, language: 'en' })] };
    const { plan, reports } = await encodeAll(facts);
    const loudness = { integratedLufs: -20, rangeLu: 4, truePeakDbtp: -1 };
    const heard = reports.map((report, index) => (index === 0 ? { ...report, loudness } : report));
    const sounds = audioTracks({ ...assemblePresentation(REF, facts, plan, heard), revision: 1 });
    expect(sounds).toMatchObject([
      { id: 'a128-en', channels: 2, role: 'main', loudness },
      { id: 'a384-en', channels: 6, role: 'main', formatOf: 'a128-en' },
    ]);
    expect(sounds[0]).not.toHaveProperty('formatOf');
    expect(sounds[1]).not.toHaveProperty('loudness');
  });

  test('is not made where a planned track has no report', async () => {
    const { plan, reports } = await encodeAll();
    expect(() => assemblePresentation(REF, FACTS, plan, reports.slice(1))).toThrow('[complete] a128-eng');
  });

  test('of two hours with ten tracks is under 400 KB', () => {
    const facts = sourceFacts(
      { displayWidth: 3840, displayHeight: 2160, frameCount: 2 * 3600 * 24, durationSeconds: 2 * 3600 },
      [audioFacts(), audioFacts({ streamIndex: 2, language: 'deu' })],
    );
    const plan = planEncode(facts, { preset: 'medium' });
    const init = { bytes: 800, sha256: 'a'.repeat(64) };
    const chunks = plan.chunks.map(
      ({ firstFrame, firstNumber, frameCount }): ReportedChunk => ({
        layout: 2,
        warnings: [],
        attempt: '1',
        tracks: plan.video.renditions.map(({ track, maxrateKbps }) => {
          const bytes = Math.round((maxrateKbps * 1000 * 4) / 8 / 1.4);
          const count = frameCount / plan.video.segmentFrames;
          const segments = Array.from({ length: count }, (): [number, number] => [96_000, bytes]);
          const keyframeBytes = new Array<number>(count).fill(Math.round(bytes / 8));
          const baseDecodeTime = firstFrame * 1000;
          return {
            track,
            codec: 'avc1.640028',
            timescale: 24_000,
            init,
            firstNumber,
            baseDecodeTime,
            segments,
            keyframeBytes,
          };
        }),
      }),
    );
    const sounds = plan.audio.map(
      ({ track }): ReportedChunk => ({
        layout: 2,
        warnings: [],
        attempt: '1',
        tracks: [
          {
            track,
            codec: 'mp4a.40.2',
            timescale: 48_000,
            init,
            firstNumber: 1,
            baseDecodeTime: 0,
            segments: Array.from({ length: 1800 }, (): [number, number] => [192_512, 64_321]),
          },
        ],
      }),
    );
    const presentation = { ...assemblePresentation(REF, facts, plan, [...sounds, ...chunks]), revision: 1 };
    expect(presentation.tracks).toHaveLength(10);
    expect(JSON.stringify(presentationSchema.parse(presentation)).length).toBeLessThan(400_000);
  });
});
