/**
 * One encoder in a Cloudflare Container. Encoders call out and are called by nobody, so the platform's clock of activity,
 * which only requests wind up, says nothing of them: when it has run down, the board is asked whether this one has work.
 */

import { Container } from '@cloudflare/containers';
import { log } from '../platform/log.ts';
import { stopIfIdle } from './keep-fleet.ts';
import { boardOf, type ContainersEnv, encoderVariables, settingsOf } from './settings.ts';

export class EncoderContainer extends Container<ContainersEnv> {
  /** How often it is asked, and what an idle container costs at most: two minutes of waiting for the next film. */
  override sleepAfter = '2m';

  /** Starts it unless it runs. `name` becomes the encoder's id: by it the board knows its tasks. */
  async ensureRunning(name: string): Promise<void> {
    const envVars = encoderVariables(settingsOf(this.env), name);
    // Kept, because an object that was evicted does not know its name, only a hash of it.
    this.ctx.storage.kv.put('name', name);
    await this.start({ envVars, enableInternet: true });
  }

  /** Afterwards the clock is wound up again by the class itself, whatever we decide. */
  override async onActivityExpired(): Promise<void> {
    await stopIfIdle(this.ctx.storage.kv.get<string>('name') ?? '', {
      encoders: async () => await boardOf(this.env).encoders(),
      // SIGTERM: should it have got a task this very moment, it finishes it or hands it back.
      stop: () => this.stop(),
    });
  }

  override onStop({ exitCode, reason }: { exitCode: number; reason: string }): void {
    const container = this.ctx.storage.kv.get<string>('name') ?? '';
    log.info({ event: 'container_stopped', container, exitCode, reason });
  }

  /** A start that fails is tried again at the next check; throwing here would only hide why. */
  override onError(error: unknown): void {
    log.error({ event: 'container_failed', reason: String(error) });
  }
}
