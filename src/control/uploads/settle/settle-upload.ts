/** What becomes of an upload whose bytes are all stored. */
import type { Bindings } from '../../../platform/bindings.ts';

export async function settleUpload(_env: Bindings, _id: string): Promise<void> {}
