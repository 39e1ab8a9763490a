/**
 * The entry of a second, small Worker (wrangler.encoders.toml) that runs encoders in Cloudflare Containers while tasks wait. It
 * is a Worker of its own because a deploy with a container needs Docker to build the image, which operators with encoders
 * elsewhere do not need, and because a fault in it cannot stop playback. It has no address: only the clock calls it.
 */

import { type BoardEnv, taskBoard } from '../control/encoding/board/board-stub.ts';
import { log } from '../platform/log.ts';
import type { EncoderContainer } from './encoder-container.ts';
import { keepFleet } from './keep-fleet.ts';
import { settingsOf } from './settings.ts';

export { EncoderContainer } from './encoder-container.ts';

type FleetEnv = BoardEnv & { ENCODERS: DurableObjectNamespace<EncoderContainer> };

/** A cron comes once a minute; three checks in it start a fleet within 20 s of a job and let the board sleep between. */
const CHECKS = 3;
const PAUSE_MS = 20_000;

export default {
  async scheduled(_controller: ScheduledController, env: FleetEnv): Promise<void> {
    const { MAX_ENCODERS, ENCODER_SLOTS } = settingsOf(env);
    const fleet = {
      load: async () => await taskBoard(env).load(),
      ensureRunning: async (name: string) => await env.ENCODERS.get(env.ENCODERS.idFromName(name)).ensureRunning(name),
    };
    for (let check = 0; check < CHECKS; check += 1) {
      if (check > 0) {
        await scheduler.wait(PAUSE_MS);
      }
      const outcome = await keepFleet(fleet, { max: MAX_ENCODERS, slots: ENCODER_SLOTS });
      if (outcome.wanted > 0) {
        log.info({ event: 'fleet_checked', ...outcome });
      }
    }
  },
} satisfies ExportedHandler<FleetEnv>;
