package core

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// eachFiles calls do for the file fields that rows change.
func eachFiles(rows []*row, do func(w *row, f *metadata.Field, before, after []expr.File)) {
	for _, w := range rows {
		if w.err != nil || w.image == nil || w.verb != Create && w.verb != Update {
			continue
		}
		for _, f := range w.object.Fields {
			if f.Kind != metadata.KindFile || !w.changed[f.Name] {
				continue
			}
			var before []expr.File
			if w.old != nil {
				before, _ = w.old.Values[f.Name].([]expr.File)
			}
			after, _ := w.image.Values[f.Name].([]expr.File)
			do(w, f, before, after)
		}
	}
}

func has(files []expr.File, id trellis.ID) bool {
	return slices.ContainsFunc(files, func(x expr.File) bool { return x.ID == id })
}

// fillFiles completes the files that rows are given by their ids: those that the
// record has already, and uploads of the caller that no record has. Any other id
// is refused like one that is not there.
func (e *Engine) fillFiles(ctx context.Context, r *Request, rows []*row) error {
	var ids [][16]byte
	eachFiles(rows, func(_ *row, _ *metadata.Field, before, after []expr.File) {
		for _, x := range after {
			if !has(before, x.ID) {
				ids = append(ids, [16]byte(x.ID))
			}
		}
	})
	known := map[trellis.ID]expr.File{}
	if len(ids) > 0 {
		found, err := e.db.Query(ctx, `SELECT id, name, type, size, sha256, created_at FROM trellis.file WHERE id = ANY($1) AND workspace_id = $2 AND NOT attached AND uploaded_by = $3`,
			ids, [16]byte(r.View.WorkspaceID), r.Principal.String())
		if err != nil {
			return pg.Error(err)
		}
		var id [16]byte
		var x expr.File
		if _, err := pgx.ForEachRow(found, []any{&id, &x.Name, &x.Type, &x.Size, &x.SHA256, &x.Added}, func() error {
			x.ID, x.Added = trellis.ID(id), x.Added.UTC().Truncate(time.Microsecond)
			known[x.ID] = x
			return nil
		}); err != nil {
			return pg.Error(err)
		}
	}
	eachFiles(rows, func(w *row, f *metadata.Field, before, after []expr.File) {
		filled := make([]expr.File, 0, len(after))
		for i, x := range after {
			if at := slices.IndexFunc(before, func(b expr.File) bool { return b.ID == x.ID }); at >= 0 {
				filled = append(filled, before[at])
				continue
			}
			file, ok := known[x.ID]
			if why := unfit(f.Files, file); !ok {
				w.add(trellis.Errorf(trellis.CodeInvalidInput, "refers to a file that is not there").At(append(w.at(f.Name), i)...))
			} else if why != nil {
				w.add(why.At(append(w.at(f.Name), i)...))
			}
			delete(known, x.ID) // one upload is one file of one record
			filled = append(filled, file)
		}
		if len(filled) > 0 {
			w.set(f, filled)
		}
	})
	return nil
}

// unfit says why a field does not take a file.
func unfit(bounds *metadata.Files, x expr.File) *trellis.Error {
	if _, most := bounds.Bounds(); x.Size > most {
		return trellis.Errorf(trellis.CodeInvalidInput, "the file has %d bytes; at most %d are taken here", x.Size, most)
	}
	if !bounds.Takes(x.Type) {
		return trellis.Errorf(trellis.CodeInvalidInput, "a file of the type %s is not taken here", x.Type)
	}
	return nil
}

// fileSteps attaches files to the records that now hold them, and lets go those
// they hold no longer: whoever removed one may attach it again for a day.
func fileSteps(r *Request, rows []*row) []step {
	var steps []step
	eachFiles(rows, func(w *row, f *metadata.Field, before, after []expr.File) {
		var come, gone []trellis.ID
		for _, x := range after {
			if !has(before, x.ID) {
				come = append(come, x.ID)
			}
		}
		for _, x := range before {
			if !has(after, x.ID) {
				gone = append(gone, x.ID)
			}
		}
		if len(come) > 0 {
			steps = append(steps, step{Statement: query.Statement{
				SQL:  `WITH w AS (UPDATE trellis.file SET attached = true, held_table = $4, held_column = $5, held_by = $6 WHERE id = ANY($1) AND workspace_id = $2 AND NOT attached AND uploaded_by = $3 RETURNING 1) SELECT 1 / (CASE WHEN count(*) = $7 THEN 1 ELSE 0 END) FROM w`,
				Args: []any{query.IDs(come), [16]byte(r.View.WorkspaceID), r.Principal.String(), w.object.Table, f.Column, [16]byte(w.id), len(come)},
			}, failed: errLost})
		}
		if len(gone) > 0 {
			steps = append(steps, step{Statement: query.Statement{
				SQL:  `UPDATE trellis.file SET attached = false, held_table = NULL, held_column = NULL, held_by = NULL, created_at = $3, uploaded_by = $4 WHERE id = ANY($1) AND held_by = $2`,
				Args: []any{query.IDs(gone), [16]byte(w.id), r.Now, r.Principal.String()},
			}, failed: errLost})
		}
	})
	return steps
}
