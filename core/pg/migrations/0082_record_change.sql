-- Where the changes of a record are in the outbox: a row for each record of an
-- entry, written by the statement that writes both. An index in the outbox
-- itself would have to be of its arrays, which PostgreSQL cannot read in the
-- order of versions: a page of a record changed often would cost all of them.
CREATE TABLE trellis.record_change (
    record_id uuid   NOT NULL,
    version   bigint NOT NULL, -- after the change
    id        bigint NOT NULL, -- with xid, of the entry
    xid       xid8   NOT NULL,
    object    text   COLLATE "C" NOT NULL, -- its table, which a rename leaves as it is
    -- of the metadata by which it was written: what its names mean
    revision  bigint NOT NULL,
    PRIMARY KEY (record_id, version, id)
);

-- Entries from before tell no revision: it is the last made until then. Tables
-- are found by the names their objects had.
INSERT INTO trellis.record_change (record_id, version, id, xid, object, revision)
SELECT (c.value ->> 'id')::uuid, (c.value ->> 'version')::bigint, o.id, o.xid, h.definition ->> 'table', r.revision
FROM trellis.outbox o
CROSS JOIN LATERAL (SELECT max(revision) AS revision FROM trellis.revision WHERE workspace_id = o.workspace_id AND at <= o.at) r
CROSS JOIN LATERAL (SELECT definition FROM trellis.component_history
    WHERE workspace_id = o.workspace_id AND kind = 'object' AND name = o.object AND revision <= r.revision AND definition IS NOT NULL
    ORDER BY revision DESC LIMIT 1) h
CROSS JOIN LATERAL json_array_elements(o.changes) c
ON CONFLICT DO NOTHING;

CREATE INDEX component_history_name_idx ON trellis.component_history (workspace_id, kind, name, revision);
