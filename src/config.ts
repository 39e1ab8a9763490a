/** Environment → one frozen Config, parsed once per isolate. Fails closed with every problem listed; secrets have no default. */

import { z } from 'zod';
import { AppError } from './errors.ts';
import { X264_PRESETS } from './media/codecs/presets.ts';
import { log } from './platform/log.ts';
import { EARLY_MODES } from './protocol/plan-schema.ts';

/** At least the 32 bytes of a 256-bit key: SESSION_SECRET also checks HS256 tokens of earlier versions (RFC 7518 3.2). */
const secret = z.string().min(32).max(4096);

const jwkText = z
  .string()
  .max(4096)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  });

const publicJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string().min(1).max(64),
  x: z.string(),
  y: z.string(),
});

/** No configuration allows longer sessions, so this is how long revoked keys and viewers have to be remembered. */
export const MAX_SESSION_SECONDS = 7 * 86_400;

const origin = z
  .url({ protocol: /^https?$/ })
  .max(256)
  .refine((text) => /^https?:\/\/[^/?#@]+\/?$/i.test(text), 'must be an origin, such as https://sluice.example')
  .transform((text) => new URL(text).origin);

/** An empty variable counts as not set. */
const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  schema.or(z.literal('').transform(() => undefined)).optional();

/** Without a query: keys are appended to it. */
const s3Endpoint = z
  .url({ protocol: /^https?$/ })
  .max(256)
  .refine(
    (text) => !/[?#@]/.test(text),
    'must be a URL without query, such as https://ACCOUNT.r2.cloudflarestorage.com',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const offByDefault = z.enum(['on', 'off']).default('off');

const anyNumber = (min: number, max: number) => z.coerce.number().min(min).max(max);
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const autoOr = (max: number) => z.union([z.literal('auto'), wholeNumber(1, max)]);

/** `describe` gives what docs/reference/configuration.md says of a variable; `npm run docs` writes it there. */
export const configSchema = z
  .object({
    API_TOKEN: secret.describe(
      'Bearer token of the API that may do anything. It creates the tokens of apps (`POST /v1/api-tokens`).',
    ),
    API_TOKEN_PREVIOUS: secret.optional().describe('A second API token that is accepted during a rotation.'),
    ENCODER_TOKEN: secret.describe('Bearer token of the encoders.'),
    ENCODER_TOKEN_PREVIOUS: secret.optional().describe('A second encoder token that is accepted during a rotation.'),
    METRICS_TOKEN: secret.optional().describe('Bearer token that reads `/metrics` and nothing else.'),
    METRICS_TOKEN_PREVIOUS: secret.optional().describe('A second metrics token that is accepted during a rotation.'),
    SESSION_SECRET: secret.describe('Encrypts session tokens (AES-256-GCM).'),
    SESSION_SECRET_PREVIOUS: secret
      .optional()
      .describe(
        'Session tokens are read with it but not made with it: the next value, then the one before, in a rotation.',
      ),
    LINK_SIGNING_KEY: jwkText
      .pipe(publicJwk.extend({ d: z.string() }))
      .describe('Private ES256 JWK with a `kid`. Signs the links that `POST /v1/assets/{id}/links` returns.'),
    /** A private half is ignored. */
    LINK_SIGNING_KEY_PREVIOUS: jwkText
      .pipe(publicJwk)
      .optional()
      .describe('A second key that links are checked with but not signed with. Needs a `kid` of its own.'),
    PUBLIC_URL: unlessEmpty(origin).describe(
      'Origin that links are built with, such as `https://sluice.example`. Required when deployed: without it, only requests to `localhost` get links.',
    ),
    S3_ENDPOINT: unlessEmpty(s3Endpoint).describe(
      "R2's S3 endpoint, such as `https://ACCOUNT.r2.cloudflarestorage.com`. Direct uploads need the four `S3_…` variables; nothing else uses them.",
    ),
    S3_BUCKET: unlessEmpty(z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/, 'must be the name of a bucket')).describe(
      'The name of the bucket that `MEDIA` is bound to.',
    ),
    S3_ACCESS_KEY_ID: unlessEmpty(z.string().min(16).max(256)).describe(
      'Of an R2 API token that may read and write the objects of this bucket alone.',
    ),
    S3_SECRET_ACCESS_KEY: unlessEmpty(secret).describe('Of the same token. It signs URLs of direct uploads.'),
    SESSION_SECONDS: wholeNumber(60, MAX_SESSION_SECONDS)
      .default(12 * 3600)
      .describe(
        "Longest life of a playback session. A session also ends after twice the asset's duration plus one hour.",
      ),
    EDGE_STATE_SECONDS: anyNumber(0, 60)
      .default(10)
      .describe(
        'How long an isolate may use what it has read of an asset, the keys and the revocation list: the longest time until a change takes effect.',
      ),
    EDGE_CACHE: z
      .enum(['both', 'workers', 'on', 'off'])
      .default('on')
      .describe(
        'Cache between the memory of an isolate and R2. `on`: the Cache API, free and emulated offline. `workers`: Workers Cache, billed per call and only on Cloudflare. `both`: the Cache API first, then Workers Cache. See [caching](../operations/caching.md).',
      ),
    SHIELD: offByDefault.describe(
      '`on`: one Durable Object per object between the edge cache and R2, so that all data centres share one read.',
    ),
    X264_PRESET: z.enum(X264_PRESETS).default('medium').describe('x264 preset. `npm start` uses `veryfast`.'),
    CHUNK_SEGMENTS: autoOr(1000)
      .default('auto')
      .describe("4-second segments per encode task. `auto`: from the film's length and cost and the fleet's cores."),
    FLEET_CORES: autoOr(1_000_000)
      .default('auto')
      .describe(
        'Cores that a film is spread over. `auto`: those of the encoders seen lately. Set a number where encoders start on demand.',
      ),
    EARLY_RENDITION: z
      .enum(EARLY_MODES)
      .default('auto')
      .describe(
        'Encode one rendition and the sound of the whole film first and publish them. `auto`: for films that take the fleet more than ten minutes.',
      ),
    LEASE_SECONDS: wholeNumber(1, 3600)
      .default(30)
      .describe('A task whose encoder is silent for this long goes to another encoder.'),
    /** At most 5, so that ffmpeg stops within 10 s even if one heartbeat is lost. */
    HEARTBEAT_SECONDS: anyNumber(0.1, 5)
      .default(5)
      .describe(
        'How often an encoder reports on a task, and so how soon it learns that a job was cancelled. At most a third of `LEASE_SECONDS`. `npm start` uses 1.',
      ),
    GC: z
      .enum(['on', 'dry-run', 'off'])
      .default('on')
      .describe('What the nightly garbage collection does. A run can be started by hand either way.'),
    GC_GRACE_HOURS: anyNumber(1, 720)
      .default(24)
      .describe('Garbage collection removes nothing that was written, deleted or encoded less than this ago.'),
    ON_DEMAND_VIEWS: wholeNumber(1, 1_000_000)
      .default(3)
      .describe(
        'Views at which a film of `encode: onDemand` is encoded. See [instant playback](../guide/instant-playback.md#when-it-is-encoded).',
      ),
    VIEW_SECONDS: anyNumber(0.1, 600)
      .default(3)
      .describe('Seconds of media that make a session a view. For a film shorter than twice this, half of the film.'),
    /** At most 60: a counter takes a session without a report for GOES_ON_MS for ended. */
    VIEW_FLUSH_SECONDS: anyNumber(1, 60)
      .default(60)
      .describe('How long watch time may wait in an isolate before it is sent to a counter.'),
    VIEWER_SALT_DAYS: wholeNumber(1, 366)
      .default(30)
      .describe('How long a viewer keeps the same hash. Across a change, one person counts as two viewers.'),
    VIEW_MINUTES_DAYS: wholeNumber(1, 31).default(2).describe('Days that series by minute are kept.'),
    VIEW_HOURS_DAYS: wholeNumber(1, 3650).default(90).describe('Days that series by hour are kept.'),
    VIEW_DAYS_DAYS: wholeNumber(1, 36_500)
      .default(3650)
      .describe('Days that series by day are kept. Totals stay as long as the asset.'),
    ANALYTICS: offByDefault.describe(
      '`on`: what the counters acknowledge is also written to Analytics Engine (`VIEW_EVENTS`). Sluice never reads it.',
    ),
    RATE_LIMITS: z
      .enum(['on', 'off'])
      .default('on')
      .describe('`off`: calls of the API are not limited by the `[[ratelimits]]` of `wrangler.toml`.'),
    WEBHOOK_LOOPBACK: offByDefault.describe(
      '`on`: webhooks may also go to `http://127.0.0.1`, to try receivers out. Never set it where others may register webhooks.',
    ),
    SOURCE_LOOPBACK: offByDefault.describe(
      '`on`: sources may also be pulled from `http://127.0.0.1`. Never set it where others may create assets.',
    ),
  })
  .refine(
    ({ LINK_SIGNING_KEY: { kid, x }, LINK_SIGNING_KEY_PREVIOUS: previous }) =>
      previous?.kid !== kid || previous.x === x,
    { path: ['LINK_SIGNING_KEY_PREVIOUS'], message: 'must have a kid of its own' },
  )
  .refine(({ LEASE_SECONDS, HEARTBEAT_SECONDS }) => HEARTBEAT_SECONDS <= LEASE_SECONDS / 3, {
    path: ['HEARTBEAT_SECONDS'],
    message: 'must be at most a third of LEASE_SECONDS: two heartbeats may be lost',
  });

/** The settings that `npm start` takes from its environment; it makes the secrets itself. */
export const SETTINGS: readonly string[] = Object.keys(configSchema.shape).filter(
  (name) => !/_(TOKEN|SECRET|KEY)(_|$)/.test(name),
);

/** Names of an earlier release. A setting that is no longer read is an error, or it would be lost without notice. */
const FORMER_NAMES = { COLLECTION: 'GC', COLLECTION_GRACE_HOURS: 'GC_GRACE_HOURS' };

export type Config = Readonly<z.infer<typeof configSchema>>;

/** Either the settings, or every variable at fault as `NAME: why`, never with its value. */
function parseConfig(env: object): { config?: Config | undefined; problems: string[] } {
  const former = Object.entries(FORMER_NAMES).filter(([name]) => name in env);
  const { data, error } = configSchema.safeParse(env);
  const problems = [
    ...former.map(([name, present]) => `${name}: is called ${present} now`),
    ...(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []),
  ];
  return { config: problems.length === 0 ? data : undefined, problems };
}

export const configProblems = (env: object): string[] => parseConfig(env).problems;

const parsed = new WeakMap<object, Config>();

/** Throws AppError `misconfigured`; the log names every variable at fault. */
export function configOf(env: object): Config {
  const known = parsed.get(env);
  if (known !== undefined) {
    return known;
  }
  const { config, problems } = parseConfig(env);
  if (config === undefined) {
    log.error({ event: 'misconfigured', problems });
    throw new AppError('misconfigured');
  }
  parsed.set(env, Object.freeze(config));
  return config;
}
