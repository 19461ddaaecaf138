-- What writes under a key did, so that the same request again does nothing and
-- is answered alike. Rows are of no use after a day and purged then.
CREATE TABLE trellis.idempotency (
    workspace_id uuid   NOT NULL REFERENCES trellis.workspace (id),
    principal    text   COLLATE "C" NOT NULL,
    key          text   COLLATE "C" NOT NULL,
    hash         bytea  NOT NULL, -- SHA-256 of the operations
    -- [{"id", "version", "verb", "errors": [{"code", "path", "message"}]}]
    results      json,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, principal, key)
);
CREATE INDEX idempotency_created_idx ON trellis.idempotency (created_at);
