/** Prints a fresh set of the Worker's secrets as JSON, as `wrangler secret bulk` takes it. Nothing is stored. */
import { makeSecrets, workerSecrets } from './secrets.ts';

console.log(JSON.stringify(workerSecrets(await makeSecrets()), null, 2));
