-- Builds the full-text index anew of what it last held, after an export for which it was dropped (docs/operations/backup.md).
CREATE VIRTUAL TABLE asset_words USING fts5 (
  title, description, tags,
  content = 'asset_texts', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5 6 7 8'
);
CREATE VIRTUAL TABLE asset_trigrams USING fts5 (
  unspaced, content = 'asset_texts', content_rowid = 'id', tokenize = 'trigram'
);
INSERT INTO asset_words (asset_words) VALUES ('rebuild');
INSERT INTO asset_trigrams (asset_trigrams) VALUES ('rebuild');
