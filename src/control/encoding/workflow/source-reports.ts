/** What delivery finds wrong with sources while it makes segments of them. It has no public address. */

import { WorkerEntrypoint } from 'cloudflare:workers';
import { z } from 'zod';
import { assetIdSchema, versionIdSchema } from '../../../media/ids.ts';
import { NOT_STANDARD_CODES } from '../../../media/source/not-standard.ts';
import { log } from '../../../platform/log.ts';
import { withdrawSource } from '../../source-playback/withdraw.ts';
import { type SettleEnv, trySettleJob } from './settle-jobs.ts';

const reportSchema = z.strictObject({
  assetId: assetIdSchema,
  version: versionIdSchema,
  code: z.enum(NOT_STANDARD_CODES),
});
export type SourceReport = z.infer<typeof reportSchema>;

export class SourceReports extends WorkerEntrypoint<SettleEnv> {
  /** The film plays from this source no more. Safe to repeat. Throws what the stores throw. */
  async report(report: SourceReport): Promise<void> {
    const parsed = reportSchema.safeParse(report);
    if (!parsed.success) {
      log.error({ event: 'source_report_invalid', reason: parsed.error.message });
      return;
    }
    const { code, ...ref } = parsed.data;
    for (const jobId of await withdrawSource(this.env, ref, code)) {
      await trySettleJob(this.env, jobId);
    }
  }
}
