/** The API token, for as long as this tab is open. Never in the address, never where another tab or a later visit finds it. */

const KEY = 'sluice.apiToken';

export type TokenStore = { read(): string | null; write(token: string): void; forget(): void };

/** A browser may refuse storage; the token then lives as long as the page. */
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

/** Only what visible ASCII can say goes into a header; whatever else was pasted is no token. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(text);
