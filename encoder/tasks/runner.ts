/** What the runners of all kinds of task have in common: what they are given, and what they return. */
import type { TaskInputs, TaskKind, TaskResults } from '../../src/protocol/task-kinds.ts';
import type { TaskSite } from '../lease/held-task.ts';
import type { TaskBudget } from '../media/task-budget.ts';
import type { VideoEncoder } from '../media/video-encoder.ts';
import type { SourceCache } from '../store/source-cache.ts';
import type { ObjectStore, TaskAccess } from '../store/store.ts';

export type TaskTools = {
  store: ObjectStore;
  sources: SourceCache;
  workFolder: string;
  budget: TaskBudget;
  videoEncoder: VideoEncoder;
};

export type Work = { tools: TaskTools; access: TaskAccess; site: TaskSite };

export type Runner<K extends TaskKind> = (input: TaskInputs[K], work: Work) => Promise<TaskResults[K]>;
