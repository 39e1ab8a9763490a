/** The stores that most modules need, as wrangler.toml binds them. A module names further bindings itself. */

export interface Bindings {
  /** Rows of the catalog (src/catalog). */
  CATALOG: D1Database;
  /** The bucket; its keys are built in src/media/keys.ts. */
  MEDIA: R2Bucket;
}
