/** The control: how long the same film takes until a rendition that was encoded plays, in a system with one encoder. */
import { setTimeout as pause } from 'node:timers/promises';
import { ingestFile } from '../../scripts/ingest.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { withSystem } from '../../test/system/with-system.ts';

const POLL_MS = 50;
const DEADLINE_MS = 5 * 60_000;
/** Of a rendition, not of the source. */
const ENCODED = /\/v\d+\.m3u8/;

/** Milliseconds from the end of the upload. R2 is not slowed here, and x264's fastest preset is used. */
export const measureEncode = (path: string): Promise<number> =>
  withSystem({ vars: { EARLY_RENDITION: 'on', EDGE_STATE_SECONDS: '0', SOURCE_LOOPBACK: 'on' } }, async (system) => {
    const { id } = await ingestFile({ path, api: system.api });
    const startedMs = performance.now();
    const { hls } = await signLink(system.api, id, 3600);
    while (!ENCODED.test(await (await fetch(hls)).text())) {
      if (performance.now() - startedMs > DEADLINE_MS) {
        throw new Error(`asset ${id} has not been encoded`);
      }
      await pause(POLL_MS);
    }
    return performance.now() - startedMs;
  });
