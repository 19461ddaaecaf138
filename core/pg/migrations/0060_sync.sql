-- Connections to other systems and what sync remembers of them.
CREATE TABLE trellis.connection (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES trellis.workspace (id),
    name         text COLLATE "C" NOT NULL,
    connector    text COLLATE "C" NOT NULL,
    role         text COLLATE "C" NOT NULL,
    settings     jsonb NOT NULL,          -- what is not secret
    secrets      bytea NOT NULL,          -- the rest, encrypted
    networks     text[] NOT NULL,         -- private networks it may reach
    mapping      text NOT NULL,           -- YAML
    status       text NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'running', 'waiting', 'paused')),
    problem      text,
    last_run_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, name)
);

-- Where reading goes on. It moves in the transaction that holds the records,
-- and only when no other batch was committed since the reader looked.
CREATE TABLE trellis.sync_checkpoint (
    connection_id uuid NOT NULL REFERENCES trellis.connection (id) ON DELETE CASCADE,
    stream        text COLLATE "C" NOT NULL,
    cursor        text NOT NULL,
    mapping       text COLLATE "C" NOT NULL, -- digest of the one it was read with
    batches       bigint NOT NULL DEFAULT 0, -- committed, ever
    records       bigint NOT NULL DEFAULT 0, -- read in them
    written       bigint NOT NULL DEFAULT 0, -- created, updated or deleted by them
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, stream)
);

-- Which record here is which one there.
CREATE TABLE trellis.sync_link (
    connection_id uuid NOT NULL REFERENCES trellis.connection (id) ON DELETE CASCADE,
    stream        text COLLATE "C" NOT NULL,
    external_id   text COLLATE "C" NOT NULL,
    record_id     uuid NOT NULL,
    hash          text COLLATE "C" NOT NULL, -- of the remote record and the mapping
    PRIMARY KEY (connection_id, stream, external_id)
);
CREATE INDEX sync_link_record_idx ON trellis.sync_link (record_id);

-- Records that could not be taken over, with the reason. They are tried again,
-- less and less often, and go when they succeed.
CREATE TABLE trellis.sync_dead_letter (
    connection_id uuid NOT NULL REFERENCES trellis.connection (id) ON DELETE CASCADE,
    stream        text COLLATE "C" NOT NULL,
    external_id   text COLLATE "C" NOT NULL,
    record        bytea NOT NULL,
    code          text COLLATE "C" NOT NULL,
    reason        text NOT NULL,
    waits_stream  text COLLATE "C",       -- with waits_key: the record that has to
    waits_key     text COLLATE "C",       -- come first; tried again once it has a link
    attempts      integer NOT NULL DEFAULT 1,
    first_at      timestamptz NOT NULL DEFAULT now(),
    next_at       timestamptz NOT NULL,
    PRIMARY KEY (connection_id, stream, external_id)
);
CREATE INDEX sync_dead_letter_next_idx ON trellis.sync_dead_letter (connection_id, stream, next_at);
