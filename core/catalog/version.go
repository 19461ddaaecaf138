package catalog

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
)

// holdSQL holds the versions of a workspace until the transaction ends, shared
// with other writers. An advisory lock and not FOR SHARE: it queues in order, so
// that writers cannot keep a change waiting for ever, and it writes nothing.
const holdSQL = "SELECT pg_advisory_xact_lock_shared($1)"

// checkSQL fails with stateStale when the versions are not the ones wanted. It
// is a statement of its own: in read committed it sees what was committed while
// the one before waited for the lock.
const checkSQL = `SELECT 1 / (CASE WHEN revision = $2 AND policy_version = $3 THEN 1 ELSE 0 END)
	FROM trellis.workspace_version WHERE workspace_id = $1`

// stateStale is the SQLSTATE of checkSQL (division by zero): an error that stops
// a pipelined batch without a function, which would cost more than the write of
// a small row saves.
const stateStale = "22012"

// LockStatements is how many statements QueueLock puts in front of a batch.
const LockStatements = 2

// IsStale says that one of the first LockStatements of a batch failed because
// the catalogue is not what it was: Refresh and repeat the path. Of any other
// statement's error it says nothing.
func IsStale(err error) bool { return pg.SQLState(err) == stateStale }

// LockKey is the key of the advisory lock on a workspace's versions: the random
// half of its id.
func LockKey(id trellis.ID) int64 { return int64(binary.BigEndian.Uint64(id[8:])) }

// applyKey keeps changes of one workspace apart, for as long as they last. Ids
// have the variant 10 in their first bits and this has 01, so it is nobody's
// LockKey.
func applyKey(id trellis.ID) int64 { return LockKey(id) ^ -1<<62 }

// LockShared holds the versions until the transaction ends and gives them. The
// isolation must be read committed, PostgreSQL's own default.
func LockShared(ctx context.Context, tx pgx.Tx, id trellis.ID) (revision, policyVersion int64, err error) {
	b := &pgx.Batch{}
	b.Queue(holdSQL, LockKey(id))
	b.Queue("SELECT revision, policy_version FROM trellis.workspace_version WHERE workspace_id = $1", id).QueryRow(func(row pgx.Row) error {
		return row.Scan(&revision, &policyVersion)
	})
	return revision, policyVersion, pg.Error(tx.SendBatch(ctx, b).Close())
}

// QueueLock puts what holds and checks the view's versions into a batch:
// LockStatements statements, to be the first. The batch must be one transaction
// of read committed.
func (v *View) QueueLock(b *pgx.Batch) {
	b.Queue(holdSQL, LockKey(v.WorkspaceID))
	b.Queue(checkSQL, [16]byte(v.WorkspaceID), v.Revision, v.PolicyVersion)
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
