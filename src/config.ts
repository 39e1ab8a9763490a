/** Environment → one frozen Config, parsed once per isolate; fails closed with every problem listed (no default secrets). */

import { z } from 'zod';
import { AppError } from './errors.ts';
import { X264_PRESETS } from './media/codecs/presets.ts';
import { log } from './platform/log.ts';
import { EARLY_MODES } from './protocol/plan-schema.ts';

/** A key of 256 bits has 32 bytes; SESSION_SECRET also reads the HS256 tokens of earlier versions (RFC 7518 3.2). */
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

/** No session lives longer under any configuration: how long what a session depends on stays revoked. */
export const MAX_SESSION_SECONDS = 7 * 86_400;

const origin = z
  .url({ protocol: /^https?$/ })
  .max(256)
  .refine((text) => /^https?:\/\/[^/?#@]+\/?$/i.test(text), 'must be an origin, such as https://sluice.example')
  .transform((text) => new URL(text).origin);

const onOrOff = z.enum(['on', 'off']);

const autoOr = (max: number) => z.union([z.literal('auto'), z.coerce.number().int().min(1).max(max)]);

/** `describe` gives what docs/reference/configuration.md says of a variable; `npm run docs` writes it there. */
export const configSchema = z
  .object({
    API_TOKEN: secret.describe('Bearer token of the API.'),
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
    /** Its private half is not looked at. */
    LINK_SIGNING_KEY_PREVIOUS: jwkText
      .pipe(publicJwk)
      .optional()
      .describe('A second key that links are checked with but not signed with. Needs a `kid` of its own.'),
    PUBLIC_URL: origin
      .or(z.literal('').transform(() => undefined))
      .optional()
      .describe(
        'Origin that links are built with, such as `https://sluice.example`. Required when deployed: without it, only requests to `localhost` get links.',
      ),
    SESSION_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .max(MAX_SESSION_SECONDS)
      .default(12 * 3600)
      .describe(
        "Longest life of a playback session. A session also ends after twice the asset's duration plus one hour.",
      ),
    EDGE_STATE_SECONDS: z.coerce
      .number()
      .min(0)
      .max(60)
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
    SHIELD: onOrOff
      .default('off')
      .describe(
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
    LEASE_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .describe('A task whose encoder is silent for this long goes to another encoder.'),
    /** At most 5, so that ffmpeg stops within 10 s also where one heartbeat gets lost. */
    HEARTBEAT_SECONDS: z.coerce
      .number()
      .min(0.1)
      .max(5)
      .default(5)
      .describe(
        'How often an encoder reports on a task, and so how soon it learns that a job was cancelled. At most a third of `LEASE_SECONDS`. `npm start` uses 1.',
      ),
    GC: z
      .enum(['on', 'dry-run', 'off'])
      .default('on')
      .describe('What the nightly garbage collection does. A run can be started by hand either way.'),
    GC_GRACE_HOURS: z.coerce
      .number()
      .min(1)
      .max(720)
      .default(24)
      .describe('Garbage collection removes nothing that was written, deleted or encoded less than this ago.'),
    VIEW_SECONDS: z.coerce
      .number()
      .min(0.1)
      .max(600)
      .default(3)
      .describe('Seconds of media that make a session a view. For a film shorter than twice this, half of the film.'),
    /** At most 20: waitUntil lives 30 s. */
    VIEW_FLUSH_SECONDS: z.coerce
      .number()
      .min(1)
      .max(20)
      .default(10)
      .describe('How long watch time may wait in an isolate before it is sent to a counter.'),
    VIEWER_SALT_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(366)
      .default(30)
      .describe('How long a viewer keeps the same hash. Across a change, one person counts as two viewers.'),
    VIEW_MINUTES_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(31)
      .default(2)
      .describe('Days that series by minute are kept.'),
    VIEW_HOURS_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(90)
      .describe('Days that series by hour are kept.'),
    VIEW_DAYS_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(36_500)
      .default(3650)
      .describe('Days that series by day are kept. Totals stay as long as the asset.'),
    ANALYTICS: onOrOff
      .default('off')
      .describe(
        '`on`: what the counters acknowledge is also written to Analytics Engine (`VIEW_EVENTS`). Sluice never reads it.',
      ),
    WEBHOOK_LOOPBACK: onOrOff
      .default('off')
      .describe(
        '`on`: webhooks may also go to `http://127.0.0.1`, to try receivers out. Never set it where others may register webhooks.',
      ),
    SOURCE_LOOPBACK: onOrOff
      .default('off')
      .describe(
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

/** What `npm start` passes on from its environment: all but secrets, which it makes itself. */
export const SETTINGS: readonly string[] = Object.keys(configSchema.shape).filter(
  (name) => !/_(TOKEN|SECRET|KEY)(_|$)/.test(name),
);

/** What variables were called in an earlier release: a setting that is no longer read must not be lost in silence. */
const FORMER_NAMES: Readonly<Record<string, string>> = { COLLECTION: 'GC', COLLECTION_GRACE_HOURS: 'GC_GRACE_HOURS' };

export type Config = Readonly<z.infer<typeof configSchema>>;

/** Every variable at fault as `NAME: why`, never a value. */
export const configProblems = (env: object): string[] => problemsOf(env, configSchema.safeParse(env));

const problemsOf = (env: object, { error }: z.ZodSafeParseResult<unknown>): string[] => [
  ...Object.entries(FORMER_NAMES).flatMap(([former, name]) =>
    former in env ? [`${former}: is called ${name} now`] : [],
  ),
  ...(error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []),
];

const parsed = new WeakMap<object, Config>();

/** Throws AppError `misconfigured`; the log names every variable at fault, never a value. */
export function configOf(env: object): Config {
  const known = parsed.get(env);
  if (known !== undefined) {
    return known;
  }
  const result = configSchema.safeParse(env);
  const problems = problemsOf(env, result);
  if (!result.success || problems.length > 0) {
    log.error({ event: 'misconfigured', problems });
    throw new AppError('misconfigured');
  }
  const config = Object.freeze(result.data);
  parsed.set(env, config);
  return config;
}
