-- What a version loses, changes or repairs of its source: a JSON array of {code, message, at}, null for none. A job has its
-- own; an asset those of the version that plays, or before that of its job under way.

ALTER TABLE jobs ADD COLUMN warnings TEXT;
ALTER TABLE assets ADD COLUMN warnings TEXT;

-- For lists of those that have warnings; most have none.
CREATE INDEX jobs_warned ON jobs (created_at DESC, id DESC) WHERE warnings IS NOT NULL;
CREATE INDEX assets_warned ON assets (created_at DESC, id DESC) WHERE warnings IS NOT NULL;
