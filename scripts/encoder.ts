/** `npm run encoder`: one more encoder for the Worker that `npm start` runs with the same PORT and STATE_DIR. */
import { startEncoder } from './encoder-process.ts';
import { portOf, stateDirOf } from './options.ts';
import { readSecrets } from './secrets.ts';
import { stopOnSignal } from './signals.ts';
import { ROOT, s3AccessOf } from './system.ts';

async function main(): Promise<void> {
  const stateDir = stateDirOf(process.env, ROOT);
  const secrets = readSecrets(stateDir);
  if (secrets === null) {
    throw new Error(`there are no secrets in ${stateDir}: run \`npm start\` first, with the same STATE_DIR`);
  }
  const url = `http://127.0.0.1:${portOf(process.env)}`;
  const encoder = startEncoder(
    {
      root: ROOT,
      name: 'encoder',
      url,
      encoderToken: secrets.encoderToken,
      s3: s3AccessOf(url, secrets),
    },
    ({ level, text }) => (level === 'error' ? console.error(text) : console.log(text)),
  );
  const stop = stopOnSignal();
  stop.signal.addEventListener('abort', () => void encoder.close());
  await encoder.ended;
  process.exit(stop.signal.aborted ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
