-- Search is built on pg_trgm, indexes that refuse overlapping ranges on
-- btree_gist. Both are there before the first migration (CheckText), which says
-- what to do where they cannot be made.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Work left over by changes is an index to build or, as 'undo', what to take
-- away again when the process that made it is gone.
ALTER TABLE trellis.pending_step ADD COLUMN kind text NOT NULL DEFAULT 'index' CHECK (kind IN ('index', 'undo'));
