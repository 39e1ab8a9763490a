/** What `links` and `sign` have in common: their options, and what they tell. */
import { wholeNumberOf } from './command.ts';

export const LINK_OPTIONS = {
  expires: { type: 'string', default: '1h' },
  viewer: { type: 'string' },
  'max-height': { type: 'string' },
  downloads: { type: 'boolean' },
} as const;

export const LINK_OPTIONS_HELP = `  --expires TIME     90s, 15m, 1h, 7d (1h). A playback that has begun goes on
  --viewer ID        an opaque ID of the viewer, for counting and revoking
  --max-height N     the highest rendition, such as 1080
  --downloads        whole files may be downloaded too
  --json             a line of JSON with all that is known of the link`;

type Values = { viewer?: string | undefined; 'max-height'?: string | undefined; downloads?: boolean | undefined };
type Claims = { viewer?: string; maxHeight?: number; downloads?: true };

export function linkClaimsOf({ viewer, 'max-height': height, downloads }: Values): Claims {
  return {
    ...(viewer === undefined ? {} : { viewer }),
    ...(height === undefined ? {} : { maxHeight: wholeNumberOf('max-height', height) }),
    ...(downloads === true ? { downloads } : {}),
  };
}

type Link = { watch: string; hls: string; dash: string; expiresAt: string };

export const linkLines = ({ watch, hls, dash, expiresAt }: Link): string[] => [
  `watch  ${watch}`,
  `HLS    ${hls}`,
  `DASH   ${dash}`,
  `until  ${expiresAt}`,
];
