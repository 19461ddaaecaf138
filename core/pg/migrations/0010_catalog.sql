-- The revision of a workspace's metadata and of its roles and policies. Both
-- only rise. Who writes records holds them by trellis.lock_version; who changes
-- them takes pg_advisory_xact_lock on the same key, and waits for the writers.
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

-- lock_version holds both versions still until the transaction ends, together
-- with any number of other writers. When wanted versions are given and are not
-- these, it fails with SQLSTATE TR001, so that a pipelined write stops there.
-- A function and not one SELECT: in read committed its second statement sees
-- what was committed while the first one waited. An advisory lock and not FOR
-- SHARE: it queues in order, so that writers cannot keep a change waiting for
-- ever, and it writes nothing.
CREATE FUNCTION trellis.lock_version(workspace uuid, lock_key bigint, want_revision bigint, want_policy bigint,
    OUT revision bigint, OUT policy_version bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(lock_key);
    SELECT v.revision, v.policy_version INTO revision, policy_version
        FROM trellis.workspace_version v WHERE v.workspace_id = workspace;
    IF want_revision IS NOT NULL AND (revision IS DISTINCT FROM want_revision OR policy_version IS DISTINCT FROM want_policy) THEN
        RAISE EXCEPTION 'the metadata changed' USING ERRCODE = 'TR001';
    END IF;
END $$;
