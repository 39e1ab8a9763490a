/** `npm run encoder`: adds an encoder to the Worker that `npm start` runs with the same PORT and STATE_DIR. */

import { SAME_SIGNAL_MS } from '../client/cli/signals.ts';
import { type EncoderProcess, startEncoder } from './encoder-process.ts';
import { portOf, stateDirOf } from './options.ts';
import { readSecrets } from './secrets.ts';
import { ROOT } from './system.ts';

async function main(): Promise<void> {
  const stateDir = stateDirOf(process.env, ROOT);
  const secrets = readSecrets(stateDir);
  if (secrets === null) {
    throw new Error(`${stateDir} has no secrets: run \`npm start\` first, with the same STATE_DIR`);
  }
  const url = `http://127.0.0.1:${portOf(process.env)}`;
  const encoder = startEncoder(
    { root: ROOT, name: 'encoder', url, encoderToken: secrets.encoderToken },
    ({ level, text }) => (level === 'error' ? console.error(text) : console.log(text)),
  );
  const wasAsked = endOnSignal(encoder);
  await encoder.ended;
  process.exit(wasAsked() ? 0 : 1);
}

/** As in a container: SIGTERM lets the encoder finish what it can; a second SIGTERM or Ctrl-C ends it at once. */
function endOnSignal(encoder: EncoderProcess): () => boolean {
  let asked = false;
  let drainingSince: number | null = null;
  process.on('SIGTERM', () => {
    asked = true;
    if (drainingSince === null) {
      drainingSince = performance.now();
      encoder.drain();
    } else if (performance.now() - drainingSince > SAME_SIGNAL_MS) {
      void encoder.close();
    }
  });
  for (const name of ['SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      asked = true;
      void encoder.close();
    });
  }
  return () => asked;
}

main().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
