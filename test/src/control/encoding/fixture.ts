/** A whole encode to check: 14 s at 24 fps, three renditions and one audio track, two chunks of two segments. */

import { audioTasks, chunkTasks } from '../../../../src/control/encoding/plan/job-tasks.ts';
import { assemblePresentation, type ReportedChunk } from '../../../../src/control/encoding/publish/assemble.ts';
import type { VersionRef } from '../../../../src/media/keys.ts';
import type { Presentation, Track } from '../../../../src/media/presentation.ts';
import { planEncode } from '../../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../../src/protocol/plan-schema.ts';
import type { SourceFacts } from '../../../../src/protocol/source-facts.ts';
import { taskInputSchema } from '../../../../src/protocol/task-kinds.ts';
import { sourceFacts } from '../../protocol/fixture.ts';
import { encode } from './fake-encoder.ts';

export const REF: VersionRef = { assetId: 'film', version: 'ver1' };

/** 336 frames: segments of 96, 96, 96 and 48 frames; 656.25 AAC frames of sound. */
export const FACTS: SourceFacts = sourceFacts({
  codedWidth: 854,
  codedHeight: 480,
  displayWidth: 854,
  displayHeight: 480,
  frameCount: 336,
  durationSeconds: 14,
});

export type WholeEncode = {
  plan: EncodePlan;
  reports: ReportedChunk[];
  presentation: Presentation;
  objects: Map<string, Uint8Array>;
};

/** Every task encoded once. `attempts`: the attempt that won, by task index (audio first), where it is not the first. */
export async function encodeAll(
  facts: SourceFacts = FACTS,
  attempts: readonly string[] = [],
  plan: EncodePlan = planEncode(facts, { preset: 'medium', chunkSegments: 2 }),
): Promise<WholeEncode> {
  const job = { ...REF, jobId: 'job' };
  const source = { key: 'sources/film/film.mp4', sizeBytes: 1000 };
  const tasks = [...audioTasks(job, source, plan), ...chunkTasks(job, source, plan)];
  const reports: ReportedChunk[] = [];
  const objects = new Map<string, Uint8Array>();
  for (const [index, task] of tasks.entries()) {
    const input = taskInputSchema.parse(task.input);
    if (input.kind === 'inspect' || input.kind === 'inspect_sound') {
      throw new TypeError('no task of a plan is an inspection');
    }
    const attempt = attempts[index] ?? '1';
    const encoded = await encode(input, attempt);
    reports.push({ attempt, ...encoded.result });
    for (const [key, bytes] of encoded.objects) {
      objects.set(key, bytes);
    }
  }
  return { plan, reports, presentation: { ...assemblePresentation(REF, facts, plan, reports), revision: 1 }, objects };
}

export function trackOf(presentation: Presentation, id: string): Track {
  const track = presentation.tracks.find((candidate) => candidate.id === id);
  if (track === undefined) {
    throw new TypeError(`no track ${id}`);
  }
  return track;
}
