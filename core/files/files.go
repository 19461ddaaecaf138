package files

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// MaxSize bounds any upload, in bytes; fields may have a lower bound of theirs.
const MaxSize = 1 << 30

// Loose is how long an upload waits to be attached.
const Loose = 24 * time.Hour

// Files uploads and opens files.
type Files struct {
	db     *pg.DB
	store  Store
	engine *core.Engine
}

// New makes Files over a store.
func New(db *pg.DB, store Store, engine *core.Engine) *Files { return &Files{db, store, engine} }

// Upload keeps a content of at most MaxSize bytes for the request's principal, to
// be attached to a record within a day. INVALID_INPUT when it is too large, or of
// another type than its name promises.
func (f *Files) Upload(ctx context.Context, r *core.Request, name string, content io.Reader) (*expr.File, error) {
	name, err := cleanName(name)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(content, sniffed)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, broken(err)
	}
	typ := typeOf(name, head)
	if !agrees(name, typ) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the name promises another type than the content has, which is %s", typ).At("name")
	}
	file := &expr.File{ID: trellis.NewID(), Name: name, Type: typ, Added: r.Now}
	size, sum, err := f.store.Put(ctx, file.ID, in, MaxSize)
	if err != nil {
		return nil, broken(err)
	}
	if file.Size, file.SHA256 = size, hexOf(sum); size == 0 {
		_ = f.store.Delete(ctx, file.ID)
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the file is empty")
	}
	_, err = f.db.Exec(ctx, `INSERT INTO trellis.file (id, workspace_id, name, type, size, sha256, uploaded_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		[16]byte(file.ID), [16]byte(r.View.WorkspaceID), name, typ, size, file.SHA256, r.Principal.String(), r.Now)
	if err != nil {
		_ = f.store.Delete(ctx, file.ID)
		return nil, pg.Error(err)
	}
	return file, nil
}

// broken passes on what is meant for people; anything else is a body that ended
// early.
func broken(err error) error {
	var known *trellis.Error
	if errors.As(err, &known) {
		return err
	}
	return trellis.Wrap(trellis.CodeInvalidInput, err, "the content did not come in full")
}

// Open opens a file for who may read the field that holds it, or for who uploaded
// it while nothing does. Anybody else is told NOT_FOUND, as when there is none.
// The caller closes the content.
func (f *Files) Open(ctx context.Context, r *core.Request, id trellis.ID) (*expr.File, io.ReadSeekCloser, error) {
	file := &expr.File{ID: id}
	var by string
	var table, column *string
	var held *[16]byte
	err := f.db.QueryRow(ctx, `SELECT name, type, size, sha256, created_at, uploaded_by, held_table, held_column, held_by FROM trellis.file WHERE id = $1 AND workspace_id = $2`,
		[16]byte(id), [16]byte(r.View.WorkspaceID)).Scan(&file.Name, &file.Type, &file.Size, &file.SHA256, &file.Added, &by, &table, &column, &held)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil, errNone()
	case err != nil:
		return nil, nil, pg.Error(err)
	case held == nil && by != r.Principal.String():
		return nil, nil, errNone()
	case held != nil:
		if err := f.mayRead(ctx, r, *table, *column, trellis.ID(*held), id); err != nil {
			return nil, nil, err
		}
	}
	content, err := f.store.Get(ctx, id)
	return file, content, err
}

func errNone() error { return trellis.Errorf(trellis.CodeNotFound, "there is no such file") }

// mayRead reads the field that holds a file as the caller.
func (f *Files) mayRead(ctx context.Context, r *core.Request, table, column string, record, file trellis.ID) error {
	for _, name := range r.View.Snapshot.Names() {
		o := r.View.Snapshot.Lookup(name)
		if o.Table != table {
			continue
		}
		for _, field := range o.Fields {
			if field.Column != column {
				continue
			}
			buf, err := f.engine.Query(ctx, r, &query.Query{Get: &query.Get{Object: name, ID: record, Select: query.Selection{{Key: "files", Field: field.Name}}}}, nil)
			if trellis.CodeOf(err) == trellis.CodeInvalidInput { // not the caller's to see
				return errNone()
			}
			if err != nil {
				return err
			}
			var got struct {
				Files []struct {
					ID trellis.ID `json:"id"`
				} `json:"files"`
			}
			if err := json.Unmarshal(buf, &got); err != nil {
				return err
			}
			for _, x := range got.Files {
				if x.ID == file {
					return nil
				}
			}
		}
	}
	return errNone()
}

// PurgeAll is Purge until nothing is left.
func (f *Files) PurgeAll(ctx context.Context) error {
	for {
		if n, err := f.Purge(ctx, time.Now()); err != nil || n == 0 {
			return err
		}
	}
}

// Purge takes away uploads that nothing was made of for a day, some at a time; it
// tells how many.
func (f *Files) Purge(ctx context.Context, now time.Time) (int, error) {
	const most = 500
	rows, err := f.db.Query(ctx, `SELECT id FROM trellis.file WHERE NOT attached AND created_at < $1 ORDER BY created_at LIMIT $2`, now.Add(-Loose), most)
	if err != nil {
		return 0, pg.Error(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[[16]byte])
	if err != nil {
		return 0, pg.Error(err)
	}
	for n, id := range ids {
		// The row first, so that nobody attaches what is about to go.
		tag, err := f.db.Exec(ctx, `DELETE FROM trellis.file WHERE id = $1 AND NOT attached`, id)
		if err != nil {
			return n, pg.Error(err)
		}
		if tag.RowsAffected() == 0 {
			continue
		}
		if err := f.store.Delete(ctx, trellis.ID(id)); err != nil {
			return n, err
		}
	}
	return len(ids), nil
}
