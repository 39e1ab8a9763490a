/** Environment → one frozen Config, parsed once per isolate; fails closed with every problem listed (no default secrets). */

import { z } from 'zod';
import { AppError } from './errors.ts';
import { X264_PRESETS } from './media/codecs.ts';
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

const configSchema = z
  .object({
    API_TOKEN: secret,
    ENCODER_TOKEN: secret,
    /** Reads /metrics and nothing else. */
    METRICS_TOKEN: secret.optional(),
    /** What these were before, or will be next: accepted, too, while they are rotated. */
    API_TOKEN_PREVIOUS: secret.optional(),
    ENCODER_TOKEN_PREVIOUS: secret.optional(),
    METRICS_TOKEN_PREVIOUS: secret.optional(),
    /** The origin that links lead to; none on a machine that calls itself (links/public-origin.ts). */
    PUBLIC_URL: origin.or(z.literal('').transform(() => undefined)).optional(),
    SESSION_SECRET: secret,
    /** Tokens are read with it and not made: while the secret is rotated, first the next value, then the one before. */
    SESSION_SECRET_PREVIOUS: secret.optional(),
    /** Private ES256 JWK with a `kid`: signs what POST /v1/assets/{id}/links hands out. */
    LINK_SIGNING_KEY: jwkText.pipe(publicJwk.extend({ d: z.string() })),
    /** Links are checked with it and not signed, as with SESSION_SECRET_PREVIOUS. Its private half is not looked at. */
    LINK_SIGNING_KEY_PREVIOUS: jwkText.pipe(publicJwk).optional(),
    /** Longest life of a playback session, seconds; also bounded by the asset's duration × 2 + 1 h. */
    SESSION_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .max(MAX_SESSION_SECONDS)
      .default(12 * 3600),
    /** How long an isolate may go on with what it read of a mutable object: the bound of disable, revoke and publish. */
    EDGE_STATE_SECONDS: z.coerce.number().min(0).max(60).default(10),
    /**
     * The data centre's cache between an isolate's memory and the bucket: `on` is the Cache API, free to ask and emulated
     * offline; `workers` Workers Cache in front of the media origin, which the platform alone has and bills by the call;
     * `both` asks the second for what the first has not.
     */
    EDGE_CACHE: z.enum(['both', 'workers', 'on', 'off']).default('on'),
    /** One Durable Object per object key in front of the bucket: one read for all data centres, at a price per miss. */
    SHIELD: onOrOff.default('off'),
    /** Off only to measure what it saves: every concurrent miss then reads on its own. */
    COALESCE: onOrOff.default('on'),
    /** Sends the isolate's tier counters with each answer of a session: for benchmarks. */
    DEBUG_TIERS: onOrOff.default('off'),
    /** Only with DEBUG_TIERS=on: milliseconds that each media read of the bucket takes longer; the first of a key fails. */
    DEBUG_R2_DELAY_MS: z.coerce.number().int().min(0).max(10_000).default(0),
    DEBUG_R2_FAIL_FIRST: onOrOff.default('off'),
    /** `on`: webhooks may also go to `http://127.0.0.1`, to try receivers out. Never where others may register webhooks. */
    WEBHOOK_LOOPBACK: onOrOff.default('off'),
    /** `on`: sources may also be pulled from `http://127.0.0.1`. Never where others may create assets. */
    SOURCE_LOOPBACK: onOrOff.default('off'),
    /** Media that a session must have been given to be a view, seconds; of a film shorter than twice this, half of it. */
    VIEW_SECONDS: z.coerce.number().min(0.1).max(600).default(3),
    /** How long an isolate may keep facts of views that are not urgent: at most 20, waitUntil lives 30 s. */
    VIEW_FLUSH_SECONDS: z.coerce.number().min(1).max(20).default(10),
    /** A viewer's hash is another one after so many days; unique viewers are counted within them. */
    VIEWER_SALT_DAYS: z.coerce.number().int().min(1).max(366).default(30),
    /** How long series of views are kept, by resolution; totals stay as long as the asset. */
    VIEW_MINUTES_DAYS: z.coerce.number().int().min(1).max(31).default(2),
    VIEW_HOURS_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
    VIEW_DAYS_DAYS: z.coerce.number().int().min(1).max(36_500).default(3650),
    /** `on`: what the counters have acknowledged is also written to Analytics Engine, which Sluice never reads. */
    ANALYTICS: onOrOff.default('off'),
    X264_PRESET: z.enum(X264_PRESETS).default('medium'),
    /** Segments per encode task; `auto`: from the film's length and cost, and the fleet. */
    CHUNK_SEGMENTS: autoOr(1000).default('auto'),
    /** Cores that a film is spread over; `auto`: those of the encoders seen lately. A number for encoders started on demand. */
    FLEET_CORES: autoOr(1_000_000).default('auto'),
    /** One rendition of the whole film first, published alone; `auto`: of films that take the fleet more than ten minutes. */
    EARLY_RENDITION: z.enum(EARLY_MODES).default('auto'),
    /** What garbage collection does every night; a run can be started by hand either way. */
    GC: z.enum(['on', 'dry-run', 'off']).default('on'),
    /** It deletes nothing that was written, deleted or encoded less than this ago. */
    GC_GRACE_HOURS: z.coerce.number().min(1).max(720).default(24),
    /** A lease without a heartbeat for this long is given to another encoder. */
    LEASE_SECONDS: z.coerce.number().int().min(1).max(3600).default(30),
    /**
     * How often an encoder reports on a task: what progress is shown at, and when it hears that its job was cancelled. At
     * most 5, so that ffmpeg stops within 10 s also where one heartbeat gets lost.
     */
    HEARTBEAT_SECONDS: z.coerce.number().min(0.1).max(5).default(5),
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

/** What `npm start` passes on from its environment: neither secrets, which it makes itself, nor means of benchmarks. */
export const SETTINGS: readonly string[] = Object.keys(configSchema.shape).filter(
  (name) => !/^DEBUG_|_(TOKEN|SECRET|KEY)(_|$)/.test(name),
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
    console.error(JSON.stringify({ event: 'misconfigured', problems }));
    throw new AppError('misconfigured');
  }
  const config = Object.freeze(result.data);
  parsed.set(env, config);
  return config;
}
