/** An asset's live numbers as the API shows them. */
import { z } from '@hono/zod-openapi';
import type { LiveViews } from '../../analytics/facts.ts';

export const countSchema = z.int().min(0);
/** Of media delivered, each segment once per session; one decimal. */
export const minutesSchema = z.number().min(0);

export const liveViewsSchema = z
  .object({
    views: countSchema,
    viewers: countSchema.openapi({ description: 'Estimate of distinct viewers, standard error 1.9 %' }),
    minutes: minutesSchema,
    watching: countSchema.openapi({ description: 'Sessions that fetched within the last 45 seconds' }),
  })
  .openapi('LiveViews');

/** One decimal: 6 s are two segments at most. */
export const minutesOf = (ms: number): number => Math.round(ms / 6_000) / 10;

export const liveReport = ({ views, viewers, watchMs, watching }: LiveViews): z.infer<typeof liveViewsSchema> => ({
  views,
  viewers,
  minutes: minutesOf(watchMs),
  watching,
});
