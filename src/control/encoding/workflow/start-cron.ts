/** What a local start calls the scheduled handler with; Cloudflare never does. Pure: scripts name it, too. */
export const START_CRON = '@start';
