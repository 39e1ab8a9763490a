/** `sluice sign`: signs a link on this machine, without a call to the server. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { signLink } from '../sign-link.ts';
import { type Command, only, parsed, secondsOf, serverOf, UsageError } from './command.ts';
import { LINK_OPTIONS, LINK_OPTIONS_HELP, linkClaimsOf, linkLines } from './link-options.ts';

const HELP = `sluice sign ASSET --key FILE [options]: URLs that play an asset, signed here

  --key FILE         a private JWK, or the answer of POST /v1/signing-keys that has one
${LINK_OPTIONS_HELP}

It makes no call to the server: SLUICE_URL is only the beginning of the URLs, and SLUICE_TOKEN is not needed.
`;

const jwkSchema = z.looseObject({ kty: z.string(), kid: z.string() });
const keyFileSchema = z.union([
  z.object({ privateJwk: jwkSchema }).transform(({ privateJwk }) => privateJwk),
  jwkSchema,
]);

export const sign: Command = {
  help: HELP,
  async run(context) {
    const { values, positionals } = parsed(context.args, { ...LINK_OPTIONS, key: { type: 'string' } });
    const assetId = only(positionals, 'asset ID');
    if (values.key === undefined) {
      throw new UsageError('Give --key FILE: a private JWK. POST /v1/signing-keys makes one.');
    }
    const link = await signLink({
      ...linkClaimsOf(values),
      server: serverOf(context),
      assetId,
      key: await readKey(values.key),
      expiresIn: secondsOf(values.expires),
    });
    context.tell(link, linkLines(link));
    return true;
  },
};

async function readKey(path: string) {
  const text = await readFile(path, 'utf8');
  try {
    return keyFileSchema.parse(JSON.parse(text));
  } catch {
    // No cause: a parser's message may quote the key.
    throw new UsageError(`${path} is no private JWK with a kid.`);
  }
}
