/**
 * One encoder in a Cloudflare Container. The platform takes a container for idle when it gets no requests, and an encoder gets
 * none: it only calls out. So when that time is up, the board is asked whether the encoder has work.
 */

import { Container } from '@cloudflare/containers';
import { type BoardEnv, taskBoard } from '../control/encoding/board/board-stub.ts';
import { log } from '../platform/log.ts';
import { stopIfIdle } from './keep-fleet.ts';
import { encoderVariables, settingsOf } from './settings.ts';

export class EncoderContainer extends Container<BoardEnv> {
  /** How often the board is asked, and the most that an idle container costs: two minutes of waiting for the next film. */
  override sleepAfter = '2m';

  /** Starts it unless it runs. `name` is also the id of its encoder, under which the board knows its tasks. */
  async ensureRunning(name: string): Promise<void> {
    const envVars = encoderVariables(settingsOf(this.env), name);
    // Kept, because an object that was evicted does not know its name, only a hash of it.
    this.ctx.storage.kv.put('name', name);
    await this.start({ envVars, enableInternet: true });
  }

  /** If it is not stopped here, the class starts the time anew. */
  override async onActivityExpired(): Promise<void> {
    await stopIfIdle(this.ctx.storage.kv.get<string>('name') ?? '', {
      encoders: async () => await taskBoard(this.env).encoders(),
      // SIGTERM: an encoder that gets a task at this moment finishes it or hands it back.
      stop: () => this.stop(),
    });
  }

  override onStop({ exitCode, reason }: { exitCode: number; reason: string }): void {
    const container = this.ctx.storage.kv.get<string>('name') ?? '';
    log.info({ event: 'container_stopped', container, exitCode, reason });
  }

  /** Does not throw, which would hide the cause. The next check tries a failed start again. */
  override onError(error: unknown): void {
    log.error({ event: 'container_failed', reason: String(error) });
  }
}
