-- Every change of a record is an entry here, written by the statement that
-- writes the record. Readers go by (xid, id), never by id alone: ids are given
-- out before transactions commit.
CREATE TABLE trellis.outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    workspace_id uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    object       text NOT NULL,
    actor        text NOT NULL,
    origin       text NOT NULL,
    -- [{"id", "op", "version", "changed": {field: [old, new]}}]
    changes      json NOT NULL,
    PRIMARY KEY (xid, id)
);
