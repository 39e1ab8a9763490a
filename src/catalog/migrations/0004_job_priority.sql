-- 0 to 100, higher first: which job's tasks encoders take. A retried job names the job whose finished tasks it keeps.

ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 50 CHECK (priority BETWEEN 0 AND 100);
ALTER TABLE jobs ADD COLUMN retry_of TEXT;
