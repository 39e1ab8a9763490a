/** `sluice links`: the server signs. */
import { apiOf, type Command, only, parsed, secondsOf } from './command.ts';
import { LINK_OPTIONS, LINK_OPTIONS_HELP, linkClaimsOf, linkLines } from './link-options.ts';

const HELP = `sluice links ASSET [options]: URLs that play an asset, signed by the server

${LINK_OPTIONS_HELP}
`;

export const links: Command = {
  help: HELP,
  async run(context) {
    const { values, positionals } = parsed(context.args, LINK_OPTIONS);
    const id = only(positionals, 'asset ID');
    const body = { ...linkClaimsOf(values), expiresIn: secondsOf(values.expires) };
    const link = await apiOf(context).call('POST /assets/{id}/links', { path: { id }, body });
    if ('hls' in link) {
      context.tell(link, linkLines(link));
    }
    return true;
  },
};
