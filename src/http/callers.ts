/** Who calls the API: the token that a call was made with. */
import { SCOPES } from './scopes.ts';

export type Caller = {
  /** Of the token; `root` for API_TOKEN. */
  id: string;
  name: string;
  scopes: readonly string[];
  expiresAtMs: number | null;
};

/** API_TOKEN, a secret of the deployment: it may do anything, and makes the first tokens. */
export const ROOT: Caller = { id: 'root', name: 'API_TOKEN', scopes: SCOPES, expiresAtMs: null };

declare module 'hono' {
  interface ContextVariableMap {
    /** Set by `requireApiToken`. */
    caller: Caller;
  }
}
