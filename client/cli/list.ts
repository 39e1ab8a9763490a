/** `sluice list`. */
import type { Schemas } from '../api-types.ts';
import { apiOf, type Command, parsed, UsageError, wholeNumberOf } from './command.ts';

const HELP = `sluice list [options]: the newest assets

  --limit N      as many (20)
  --json         a line of JSON for each, as GET /v1/assets has it
`;

const LIMIT = '20';
/** The largest page. */
const PAGE_MAX = 100;

export const list: Command = {
  help: HELP,
  async run(context) {
    const { values, positionals } = parsed(context.args, { limit: { type: 'string', default: LIMIT } });
    if (positionals.length > 0) {
      throw new UsageError('list takes no arguments. To see one asset: sluice follow ASSET');
    }
    const api = apiOf(context);
    let left = wholeNumberOf('limit', values.limit);
    let cursor: string | null = null;
    do {
      const query = { limit: Math.min(left, PAGE_MAX), ...(cursor === null ? {} : { cursor }) };
      const page: { assets: Schemas['Asset'][]; nextCursor: string | null } = await api.call('GET /assets', { query });
      for (const asset of page.assets) {
        context.tell(asset, [assetLine(asset)]);
      }
      left -= page.assets.length;
      cursor = page.nextCursor;
    } while (left > 0 && cursor !== null);
    return true;
  },
};

/** Three columns and the title, which may be of any length. */
function assetLine({ id, status, durationSeconds, createdAt, title }: Schemas['Asset']): string {
  const length = durationSeconds === null ? '' : clockOf(durationSeconds);
  return `${id}  ${status.padEnd(8)}  ${length.padStart(8)}  ${createdAt.slice(0, 10)}  ${title}`;
}

function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
