-- The revision of a workspace's metadata and of its roles and policies. Both
-- only rise. Who writes records holds them by pg_advisory_xact_lock_shared; who
-- changes them takes pg_advisory_xact_lock on the same key, and waits for the
-- writers.
CREATE TABLE trellis.workspace_version (
    workspace_id   uuid   PRIMARY KEY REFERENCES trellis.workspace (id),
    revision       bigint NOT NULL,
    policy_version bigint NOT NULL
);

-- What the workspace defines now, a row for each package, object, role and
-- policy: a change costs what it touches, however much there is.
CREATE TABLE trellis.component (
    workspace_id uuid   NOT NULL REFERENCES trellis.workspace (id),
    kind         text   NOT NULL CHECK (kind IN ('package', 'object', 'role', 'policy', 'removed')),
    name         text   NOT NULL,
    definition   jsonb  NOT NULL,
    revision     bigint NOT NULL, -- that changed it last
    PRIMARY KEY (workspace_id, kind, name)
);

-- Every state a component ever had. definition is null where it was removed.
CREATE TABLE trellis.component_history (
    workspace_id uuid   NOT NULL REFERENCES trellis.workspace (id),
    revision     bigint NOT NULL,
    kind         text   NOT NULL,
    name         text   NOT NULL,
    definition   jsonb,
    PRIMARY KEY (workspace_id, revision, kind, name)
);

-- Who changed what, when, and by which statements.
CREATE TABLE trellis.revision (
    workspace_id uuid        NOT NULL REFERENCES trellis.workspace (id),
    revision     bigint      NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    by           text        NOT NULL, -- a principal, as user:<id>
    summary      text        NOT NULL,
    changes      jsonb       NOT NULL,
    steps        jsonb       NOT NULL,
    PRIMARY KEY (workspace_id, revision)
);

-- Indexes still to be built CONCURRENTLY. A row goes when its index is valid.
CREATE TABLE trellis.pending_step (
    workspace_id uuid   NOT NULL REFERENCES trellis.workspace (id),
    index_name   text   NOT NULL, -- qualified and quoted
    revision     bigint NOT NULL,
    sql          text   NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, index_name)
);

