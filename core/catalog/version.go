package catalog

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// LockSQL holds the versions of a workspace until the transaction ends, shared
// with other writers, and answers them as revision, policy_version. Its
// parameters are the workspace's id, its LockKey, and the versions wanted, or
// null twice. Where others were wanted it fails with StateStale, so that it can
// be the first statement of a pipelined batch. The isolation must be read
// committed, PostgreSQL's own default.
const LockSQL = "SELECT revision, policy_version FROM trellis.lock_version($1, $2, $3, $4)"

// StateStale is the SQLSTATE of LockSQL when the versions wanted have passed.
const StateStale = "TR001"

// IsStale says that a write failed because the catalogue is not what it was:
// Refresh and repeat its path.
func IsStale(err error) bool { return pg.SQLState(err) == StateStale }

// LockKey is the key of the advisory lock on a workspace's versions: the random
// half of its id.
func LockKey(id trellis.ID) int64 { return int64(binary.BigEndian.Uint64(id[8:])) }

// applyKey keeps changes of one workspace apart, for as long as they last. Ids
// have the variant 10 in their first bits and this has 01, so it is nobody's
// LockKey.
func applyKey(id trellis.ID) int64 { return LockKey(id) ^ -1<<62 }

// LockShared runs LockSQL without versions wanted.
func LockShared(ctx context.Context, tx pgx.Tx, id trellis.ID) (revision, policyVersion int64, err error) {
	err = tx.QueryRow(ctx, LockSQL, id, LockKey(id), nil, nil).Scan(&revision, &policyVersion)
	return revision, policyVersion, pg.Error(err)
}

// QueueLock puts LockSQL into a batch, with the versions of the view wanted.
func (v *View) QueueLock(b *pgx.Batch) *pgx.QueuedQuery {
	return b.Queue(LockSQL, v.WorkspaceID, LockKey(v.WorkspaceID), v.Revision, v.PolicyVersion)
}

// TouchPolicy raises the policy version of a workspace in a transaction that
// changes what decides about writes and is kept elsewhere, such as plugins. No
// write that was prepared before is committed after it: those under way are
// waited for, and the others find the version passed and prepare again.
func TouchPolicy(ctx context.Context, tx pgx.Tx, id trellis.ID) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", LockKey(id)); err != nil {
		return pg.Error(err)
	}
	if _, err := tx.Exec(ctx, "UPDATE trellis.workspace_version SET policy_version = policy_version + 1 WHERE workspace_id = $1", id); err != nil {
		return pg.Error(err)
	}
	_, err := tx.Exec(ctx, "SELECT pg_notify($1, $2)", channel, id.String())
	return pg.Error(err)
}
