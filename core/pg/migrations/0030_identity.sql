-- Who may sign in. The people themselves are records of the object user in
-- their workspace's schema; these rows never leave the process.
CREATE TABLE trellis.account (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL REFERENCES trellis.workspace (id),
    user_id       uuid NOT NULL,
    email         text COLLATE "C" NOT NULL, -- lower case
    password_hash text,
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, email),
    UNIQUE (workspace_id, user_id)
);

-- Sessions are found by the SHA-256 of their token; the token is the client's
-- alone.
CREATE TABLE trellis.session (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES trellis.account (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_account_idx ON trellis.session (account_id);
CREATE INDEX session_expires_idx ON trellis.session (expires_at);

CREATE TABLE trellis.api_key (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES trellis.workspace (id),
    name         text NOT NULL,
    role         text COLLATE "C" NOT NULL,
    key_hash     bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_key_workspace_idx ON trellis.api_key (workspace_id);

-- Which roles a person holds, for how long. The member is "u:" and the id of
-- the record in user.
CREATE TABLE trellis.role_grant (
    workspace_id uuid NOT NULL REFERENCES trellis.workspace (id),
    member       text COLLATE "C" NOT NULL CHECK (member LIKE 'u:%'),
    role         text COLLATE "C" NOT NULL,
    valid_until  timestamptz,
    PRIMARY KEY (workspace_id, member, role)
);

-- Failed sign-ins of the last minutes, to slow down guessing.
CREATE TABLE trellis.sign_in_failure (
    email_hash bytea PRIMARY KEY,
    failures   integer NOT NULL,
    until      timestamptz NOT NULL
);
