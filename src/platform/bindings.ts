/** The stores that most of the Worker works with, as wrangler.toml binds them. Whoever needs more names it beside these. */

export interface Bindings {
  /** Rows of the catalog (src/catalog). */
  CATALOG: D1Database;
  /** The bucket; its keys are built in src/media/keys.ts. */
  MEDIA: R2Bucket;
}
