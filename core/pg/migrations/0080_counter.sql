-- The last number given out of each sequence of an auto-number. object and field
-- are physical names, which a rename leaves as they are; scope is the text of
-- the scope's values and the parts of the day in the pattern.
CREATE TABLE trellis.counter (
    workspace_id uuid   NOT NULL REFERENCES trellis.workspace (id),
    object       text   COLLATE "C" NOT NULL,
    field        text   COLLATE "C" NOT NULL,
    scope        text   COLLATE "C" NOT NULL,
    value        bigint NOT NULL,
    PRIMARY KEY (workspace_id, object, field, scope)
);
