package core

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
)

// KeepKeys is how long an idempotency key is remembered, and maxKey how many
// bytes it has at most.
const (
	KeepKeys = 24 * time.Hour
	maxKey   = 255
)

// claimSQL takes a key for this write. It waits for a write under the same key
// that is still going on. A key that is a day old is free again.
const claimSQL = `WITH c AS (INSERT INTO trellis.idempotency AS i (workspace_id, principal, key, hash) VALUES ($1, $2, $3, $4)
	ON CONFLICT (workspace_id, principal, key) DO UPDATE SET hash = excluded.hash, results = NULL, created_at = now()
	WHERE i.created_at < now() - interval '24 hours' RETURNING 1)
	SELECT count(*) FROM c`

// errClaimed says that a write with the same key has been done.
var errClaimed = errors.New("the key has been used")

// claim is the key of a write in its transaction.
type claim struct {
	engine *Engine
	r      *Request
	key    string
	hash   []byte
}

// newClaim checks a key. The hash is over what was asked for, not over what
// becomes of it.
func (e *Engine) newClaim(r *Request, w *Write) (*claim, error) {
	if len(w.IdempotencyKey) > maxKey || !utf8.ValidString(w.IdempotencyKey) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "an idempotency key has 1 to %d bytes of text", maxKey).At("idempotencyKey")
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	asked := []any{w.PerRow, len(w.Ops)}
	if w.Input != nil {
		asked = []any{w.PerRow, w.Input}
	}
	if err := enc.Encode(asked); err != nil {
		return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the input cannot be compared")
	}
	for i := range w.Ops {
		if w.Input != nil {
			break
		}
		op := &w.Ops[i]
		values := make(map[string]any, len(op.Values))
		for name, v := range op.Values {
			switch v := v.(type) {
			case Ref:
				values[name] = map[string]any{"ref": int(v)}
			case Increment:
				values[name] = map[string]any{"by": v.By}
			default:
				values[name] = v
			}
		}
		if err := enc.Encode([]any{op.Verb, op.Object, op.ID, op.Key, op.IfVersion, values}); err != nil {
			return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the input cannot be compared")
		}
	}
	return &claim{engine: e, r: r, key: w.IdempotencyKey, hash: h.Sum(nil)}, nil
}

func (c *claim) args() []any {
	return []any{[16]byte(c.r.View.WorkspaceID), c.r.Principal.String(), c.key}
}

// before gives the results of an earlier write under the key, ok when there was
// one. Another input under the key is IDEMPOTENCY_MISMATCH.
func (c *claim) before(ctx context.Context) (results []Result, ok bool, err error) {
	var hash, stored []byte
	err = c.engine.db.QueryRow(ctx, `SELECT hash, results FROM trellis.idempotency
		WHERE workspace_id = $1 AND principal = $2 AND key = $3 AND created_at >= now() - interval '24 hours'`, c.args()...).Scan(&hash, &stored)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, pg.Error(err)
	}
	if string(hash) != string(c.hash) {
		return nil, false, trellis.Errorf(trellis.CodeIdempotencyMismatch, "this key was used for another input").At("idempotencyKey")
	}
	results, err = decodeResults(stored)
	return results, err == nil, err
}

// take claims the key, as the first statement of the transaction.
func (c *claim) take(ctx context.Context, tx pgx.Tx) error {
	var n int
	if err := tx.QueryRow(ctx, claimSQL, append(c.args(), c.hash)...).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return errClaimed
	}
	return nil
}

// store keeps the results, as the last.
func (c *claim) store(ctx context.Context, db query.DB, results []Result) error {
	b := &pgx.Batch{}
	b.Queue("UPDATE trellis.idempotency SET results = $4 WHERE workspace_id = $1 AND principal = $2 AND key = $3", append(c.args(), encodeResults(results))...)
	return db.SendBatch(ctx, b).Close()
}

type storedResult struct {
	ID      trellis.ID    `json:"id"`
	Version int64         `json:"version"`
	Verb    Verb          `json:"verb"`
	Errors  []storedError `json:"errors,omitempty"`
}

type storedError struct {
	Code    trellis.Code `json:"code"`
	Message string       `json:"message"`
	Path    []any        `json:"path,omitempty"`
}

func encodeResults(results []Result) []byte {
	out := make([]storedResult, len(results))
	for i, res := range results {
		out[i] = storedResult{ID: res.ID, Version: res.Version, Verb: res.Verb}
		if res.Err == nil {
			continue
		}
		for _, e := range append(trellis.Errors{res.Err}, res.More...) {
			out[i].Errors = append(out[i].Errors, storedError{e.Code, e.Message, e.Path})
		}
	}
	b, err := json.Marshal(out)
	if err != nil { // every part is plain
		return []byte("[]")
	}
	return b
}

func decodeResults(b []byte) ([]Result, error) {
	var in []storedResult
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "what is remembered of the key cannot be read")
	}
	out := make([]Result, len(in))
	for i, s := range in {
		out[i] = Result{ID: s.ID, Version: s.Version, Verb: s.Verb, Repeated: true}
		for n, e := range s.Errors {
			for k, p := range e.Path {
				if f, ok := p.(float64); ok {
					e.Path[k] = int(f)
				}
			}
			known := &trellis.Error{Code: e.Code, Message: e.Message, Path: e.Path}
			if n == 0 {
				out[i].Err = known
			} else {
				out[i].More = append(out[i].More, known)
			}
		}
	}
	return out, nil
}

// PurgeKeys forgets the idempotency keys that are a day old.
func (e *Engine) PurgeKeys(ctx context.Context) error {
	_, err := e.db.Exec(ctx, "DELETE FROM trellis.idempotency WHERE created_at < now() - interval '24 hours'")
	return pg.Error(err)
}
