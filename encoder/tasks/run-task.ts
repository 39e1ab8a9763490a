/** Does one leased task with the runner of its kind. */
import type { TaskInputs, TaskKind } from '../../src/protocol/task-kinds.ts';
import type { RunTask } from '../lease/held-task.ts';
import { runAudio } from './run-audio.ts';
import { runChunk } from './run-chunk.ts';
import { runInspect } from './run-inspect.ts';
import type { Runner, TaskTools, Work } from './runner.ts';

const RUNNERS: { readonly [K in TaskKind]: Runner<K> } = { inspect: runInspect, chunk: runChunk, audio: runAudio };

const run = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }, work: Work) => RUNNERS[input.kind](input, work);

export const createTaskRunner =
  (tools: TaskTools): RunTask =>
  async ({ task }, site) =>
    await run(task.input, { tools, access: { taskId: task.id, grant: site.grant }, site });
