-- When the revisions of a sealed version but its last were seen not to play, neither in the catalog nor in current.json.
-- Sealed, it gets no further revision, so from then on sessions begin with the last one alone. Null for marks from before this
-- column too: their time begins with the next collection.
ALTER TABLE version_marks ADD COLUMN earlier_retired_at INTEGER;
