-- What is known of uploaded files; what is in them is in a files.Store, under the
-- same id. A file is held by one field of one record, named by table and column,
-- which are never renamed.
CREATE TABLE trellis.file (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES trellis.workspace (id),
    name         text NOT NULL,
    type         text COLLATE "C" NOT NULL, -- media type, as found in the content
    size         bigint NOT NULL,
    sha256       text COLLATE "C" NOT NULL, -- in hex
    uploaded_by  text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    attached     boolean NOT NULL DEFAULT false,
    held_table   text COLLATE "C",
    held_column  text COLLATE "C",
    held_by      uuid,
    CHECK (attached = (held_by IS NOT NULL))
);

-- For the purge of what nobody attached.
CREATE INDEX file__loose__idx ON trellis.file (created_at) WHERE NOT attached;
