-- What has been applied to this schema. Packages own ranges of numbers:
-- 0010–0019 catalog, 0020–0029 access, 0030–0039 identity, 0040–0049 outbox and
-- events, 0050–0059 plugins, 0060–0069 connectors, 0070–0079 secrets.
CREATE TABLE trellis.migration (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    sum        text        NOT NULL, -- SHA-256 of the file, hex
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- A workspace is one organization's data: the schema ws_<slug> and its rows in
-- the shared tables of this schema.
CREATE TABLE trellis.workspace (
    id         uuid        PRIMARY KEY,
    slug       text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9_]{0,39}$'),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
