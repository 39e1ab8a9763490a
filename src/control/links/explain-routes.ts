/** `POST /v1/links/explain`: what a link would be answered, and why. Asks the very function that players meet. */
import { createRoute, z } from '@hono/zod-openapi';
import { parseIpAddress } from '../../access/ip-address.ts';
import { LINK_AUDIENCES, linkClaimsSchema } from '../../access/links.ts';
import { claimOf } from '../../access/refusal.ts';
import { decideImages, decidePlayback } from '../../delivery/decide-playback.ts';
import type { DeliveryEnv } from '../../delivery/delivery-env.ts';
import { isolateOf } from '../../delivery/isolate.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { timeSchema } from '../../http/times.ts';

const explainSchema = z
  .strictObject({
    link: z.string().openapi({ description: 'A link token, or the id of a public asset' }),
    audience: z.enum(LINK_AUDIENCES).default('video').openapi({ description: 'What the request asks for' }),
    at: timeSchema.optional().openapi({ description: 'Time to check the link at; now by default' }),
    ip: z
      .string()
      .refine((text) => parseIpAddress(text) !== null, 'is not an address')
      .optional(),
    country: z
      .string()
      .regex(/^[A-Z][A-Z0-9]$/)
      .optional(),
    origin: z.string().min(1).max(256).optional(),
    userAgent: z.string().min(1).max(2048).optional(),
  })
  .openapi('ExplainLink');

const explanationSchema = z
  .object({
    allowed: z.boolean(),
    code: z.string().optional(),
    claim: z.string().optional().openapi({ description: 'What decided: a claim or the kind of revocation' }),
    detail: z.string().optional(),
    asset: z.string().nullable(),
    claims: linkClaimsSchema
      .extend({ kid: z.string() })
      .nullable()
      .openapi({ description: 'Null until the signature is verified; never the token' }),
    rules: z
      .array(z.object({ rule: z.string(), passed: z.boolean(), why: z.string() }))
      .openapi({ description: 'In the order in which they are checked, up to the one that refuses' }),
  })
  .openapi('LinkExplanation');

export const explainRoutes = newRouter<DeliveryEnv>();

explainRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/links/explain',
    operationId: 'explainLink',
    summary: 'Explain whether a request with this link would be allowed, and which rule decides',
    security: [{ apiToken: [] }],
    request: { body: jsonBody(explainSchema) },
    responses: {
      200: jsonResponse('The decision; an invalid link is a decision too', explanationSchema),
      ...problemResponses('invalid_request', 'unauthorized', 'unavailable'),
    },
  }),
  async (c) => {
    const { link, audience, at, ip = null, country = null, origin = null, userAgent = null } = c.req.valid('json');
    const decide = audience === 'image' ? decideImages : decidePlayback;
    const { checks, assetId, claims, refusal } = await decide(isolateOf(c.env), {
      link,
      facts: { ip, country, origin, userAgent },
      nowMs: Date.now(),
      atMs: at,
    });
    return c.json(
      {
        allowed: refusal === null,
        ...(refusal === null
          ? {}
          : { code: refusal.code, claim: claimOf(refusal), detail: refusal.options.detail ?? refusal.message }),
        asset: assetId ?? null,
        claims: claims ?? null,
        rules: checks,
      },
      200,
    );
  },
);
