/** Prints new secrets for the Worker, as JSON for `wrangler secret bulk`. Stores nothing. */
import { makeSecrets, workerSecrets } from './secrets.ts';

console.log(JSON.stringify(workerSecrets(await makeSecrets()), null, 2));
