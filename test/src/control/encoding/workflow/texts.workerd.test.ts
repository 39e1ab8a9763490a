/** Text tracks and chapters of a source on their way into the version, on the real workflow engine, board and bucket. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { presentationKey, textKey } from '../../../../../src/media/keys.ts';
import { type Presentation, parsePresentation } from '../../../../../src/media/presentation.ts';
import type { SourceFacts } from '../../../../../src/protocol/source-facts.ts';
import type { TaskError } from '../../../../../src/protocol/tasks.ts';
import { call, createAsset, readAsset } from '../../../http/client.ts';
import { encodeTask, fail, inspect, lease, type Start, withJobs } from '../encoder-client.ts';
import { FACTS as SHORT_FACTS } from '../fixture.ts';

const CHAPTERS = [{ language: 'und', chapters: [{ startMs: 0, title: 'One' }] }];
const FACTS: SourceFacts = {
  ...SHORT_FACTS,
  texts: [
    { streamIndex: 2, codec: 'subrip', kind: 'subtitles', language: 'de', isDefault: true },
    { streamIndex: 3, codec: 'subrip', kind: 'captions', language: 'de', name: 'SDH', isDefault: false },
  ],
  chapters: CHAPTERS,
};

/** Runs a job whose text task ends with this error, if any; returns the asset and its presentation. */
async function publish(start: Start, name: string, error?: TaskError) {
  const run = await start(() => createAsset(name));
  const { id } = run.started;
  await inspect(run.job, FACTS);
  await run.job.waitForStepResult({ name: 'submit encode' });
  for (let leased = await lease(); leased !== null; leased = await lease()) {
    await (error !== undefined && leased.task.input.kind === 'text' ? fail(leased, error) : encodeTask(leased));
  }
  await run.job.waitForStatus('complete');
  const asset = (await readAsset(id)) as { status: string; version: string; warnings: unknown[]; job: { id: string } };
  const object = await env.MEDIA.get(presentationKey({ assetId: id, version: asset.version }, 1));
  return { asset, presentation: parsePresentation((await object?.text()) ?? '') };
}

const textOf = async ({ assetId, version, texts = [] }: Presentation, index: number): Promise<string | undefined> => {
  const { id, attempt } = texts[index] ?? { id: 'none', attempt: '1' };
  return await (await env.MEDIA.get(textKey({ assetId, version }, id, attempt)))?.text();
};

test('text tracks and chapters of the source are in the first revision', async () => {
  await withJobs(async (start) => {
    const { asset, presentation } = await publish(start, 'subtitled');
    expect(asset).toMatchObject({ status: 'ready', warnings: [] });
    expect(presentation.texts).toMatchObject([
      { id: 't-de', kind: 'subtitles', language: 'de', isDefault: true },
      { id: 't-de-captions', kind: 'captions', language: 'de', name: 'SDH', isDefault: false },
    ]);
    expect(await textOf(presentation, 1)).toContain('00:00:01.000 --> 00:00:02.000\nt-de-captions\n');
    expect(presentation.chapters).toEqual(CHAPTERS);
  });
});

test('a film whose text cannot be extracted plays without, and says so', async () => {
  await withJobs(async (start) => {
    const { asset, presentation } = await publish(start, 'mute', {
      code: 'decode_failed',
      message: 'No cue can be read',
    });
    expect(asset).toMatchObject({
      status: 'ready',
      warnings: [{ code: 'track_dropped', message: 'The text tracks of the source are left out. No cue can be read' }],
    });
    expect(presentation.texts).toBeUndefined();
    expect((await call('GET', `/v1/jobs/${asset.job.id}`)).body).toMatchObject({ status: 'done', error: null });
  });
});
