-- Whether an asset is expected to be asked for by many at once: it is pulled through the cache tiers when it is published.

ALTER TABLE assets ADD COLUMN prewarm INTEGER NOT NULL DEFAULT 0 CHECK (prewarm IN (0, 1));
