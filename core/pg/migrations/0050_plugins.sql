-- Installed plugins, every version side by side, at most one of each enabled.
-- module is the output of admission; signature covers it and the manifest.
CREATE TABLE trellis.plugin (
    workspace_id uuid NOT NULL REFERENCES trellis.workspace (id) ON DELETE CASCADE,
    id           text NOT NULL CHECK (id ~ '^[a-z][a-z0-9-]{0,39}$'),
    version      text NOT NULL CHECK (length(version) BETWEEN 5 AND 80),
    manifest     text NOT NULL CHECK (length(manifest) <= 262144),
    digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    module       bytea NOT NULL CHECK (length(module) <= 8388608),
    signature    text NOT NULL,
    enabled      boolean NOT NULL DEFAULT false,
    installed_at timestamptz NOT NULL DEFAULT now(),
    installed_by text NOT NULL,
    PRIMARY KEY (workspace_id, id, version)
);

CREATE UNIQUE INDEX plugin_enabled ON trellis.plugin (workspace_id, id) WHERE enabled;

-- Modules do not compress further to speak of.
ALTER TABLE trellis.plugin ALTER COLUMN module SET STORAGE EXTERNAL;
