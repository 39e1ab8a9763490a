/**
 * Keeps the API token while this tab is open: not in the address, and not where another tab or a later visit finds it.
 */

const KEY = 'sluice.apiToken';

export type TokenStore = { read(): string | null; write(token: string): void; forget(): void };

/** If the browser refuses storage, the token is kept until the page is left. */
export function openTokenStore(storage: () => Storage): TokenStore {
  let held: string | null = null;
  const attempt = <T>(use: (store: Storage) => T): T | null => {
    try {
      return use(storage());
    } catch {
      return null;
    }
  };
  return {
    read: () => held ?? attempt((store) => store.getItem(KEY)),
    write(token) {
      held = token;
      attempt((store) => store.setItem(KEY, token));
    },
    forget() {
      held = null;
      attempt((store) => store.removeItem(KEY));
    },
  };
}

/** A header takes only visible ASCII, so other text cannot be a token. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(text);
