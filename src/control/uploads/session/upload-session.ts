/** One upload: its bytes and its offset. */

import { DurableObject } from 'cloudflare:workers';
import type { UploadFacts, UploadSessionCalls, UploadStatus } from './session-port.ts';

export type UploadsEnv = { UPLOADS: DurableObjectNamespace<UploadSession> };

export class UploadSession extends DurableObject implements UploadSessionCalls {
  async status({ length }: UploadFacts): Promise<UploadStatus> {
    return { offset: 0, length, isStored: false };
  }

  async concatenate(): Promise<void> {}

  async discard(): Promise<void> {}
}
