-- When garbage collection saw that neither the catalog nor current.json names an earlier revision of a sealed version. A sealed
-- version gets no further revision, so from then on sessions begin with its last one. Null also for marks that are older than
-- this column: their time begins with the next run.
ALTER TABLE version_marks ADD COLUMN earlier_retired_at INTEGER;
