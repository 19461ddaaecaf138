package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Limits of a page of History, in changes.
const (
	DefaultHistory = 50
	MaxHistory     = 200
)

// HistoryEntry is one write of a record as the caller may know it.
type HistoryEntry struct {
	Op      Verb // Create, Update, Delete or Restore
	Version int64
	// At is when, nil unless the caller sees the record's updatedAt; Actor and
	// Origin are who and where from, "" unless they see its updatedBy.
	At            *time.Time
	Actor, Origin string
	// Fields are those that changed, by their names of today, in the object's
	// order; those that the caller does not see are left out.
	Fields []HistoryField
}

// HistoryField is a field's value before and after, as JSON. Of a manyToMany
// field, the ids no longer linked and those linked besides.
type HistoryField struct {
	Field    string
	Old, New json.RawMessage
}

// HistoryPage is a page of a record's changes.
type HistoryPage struct {
	Changes []HistoryEntry
	End     string // cursor of the last, "" for none
	More    bool
}

// History lists the changes of a record, newest first: first of them (0:
// DefaultHistory; more than MaxHistory is QUERY_TOO_COSTLY) after a cursor ("":
// from the newest). Whoever may read the record today sees what changed of the
// fields they see in it today: neither a masked field nor one that is hidden in
// this record. A record in the trash is for those who may delete it. A change of
// hidden fields alone stays, with operation and version: the versions on both
// sides tell of it anyway. NOT_FOUND for a record that is not seen.
func (e *Engine) History(ctx context.Context, r *Request, object string, id trellis.ID, first int, after string) (*HistoryPage, error) {
	o := r.View.Snapshot.Lookup(object)
	if o == nil {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "there is no object %q", object)
	}
	switch {
	case first < 0:
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must not be negative").At("first")
	case first > MaxHistory:
		return nil, trellis.Errorf(trellis.CodeQueryTooCostly, "a page has %d changes at most", MaxHistory).At("first")
	case first == 0:
		first = DefaultHistory
	}
	from := position{math.MaxInt64, math.MaxInt64}
	if after != "" {
		var ok bool
		if from, ok = readPosition(after); !ok {
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "the cursor is not one of a history").At("after")
		}
	}
	seen, err := e.seenNow(ctx, r, o, id)
	if err != nil {
		return nil, err
	}
	entries, err := e.entries(ctx, r, o, id, from, first+1)
	if err != nil {
		return nil, err
	}
	page := &HistoryPage{More: len(entries) > first}
	if page.More {
		entries = entries[:first]
	}
	if len(entries) == 0 {
		return page, nil
	}
	page.End = entries[len(entries)-1].at.String()
	page.Changes, err = e.told(ctx, r, o, entries, seen)
	return page, err
}

// seenNow are the fields that the caller plainly sees of a record.
func (e *Engine) seenNow(ctx context.Context, r *Request, o *metadata.ObjectView, id trellis.ID) (map[string]bool, error) {
	g, err := r.Policy.Grant(ctx, r.Principal, o.Name, metadata.ActionRead)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var sometimes []string
	for _, f := range o.All {
		switch g.Field(f.Name).Mode {
		case policy.Plain:
			seen[f.Name] = true
		case policy.When:
			sometimes = append(sometimes, f.Name)
		}
	}
	find := func(a metadata.Action, fields []string) (*query.Stored, error) {
		found, err := e.stored(ctx, r, &query.Wanted{Object: o, Match: []*metadata.Field{o.Field("id")}, Values: [][]any{{id}}, Action: a, Fields: fields, Trashed: true})
		if err != nil {
			return nil, err
		}
		if found[0] == nil || !found[0].May {
			return nil, trellis.Errorf(trellis.CodeNotFound, "there is no such record")
		}
		return found[0], nil
	}
	s, err := find(metadata.ActionRead, sometimes)
	if err != nil {
		return nil, err
	}
	if !s.Batch.IsZero() {
		if _, err := find(metadata.ActionDelete, nil); err != nil {
			return nil, err
		}
	}
	for name, ok := range s.Fields {
		seen[name] = ok
	}
	return seen, nil
}

// position is where a change stands in the history of its record: by version,
// and by the entry.
type position struct{ version, id int64 }

func (p position) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.version, 10) + "." + strconv.FormatInt(p.id, 10)))
}

func readPosition(cursor string) (p position, ok bool) {
	const most = 64 // bytes; two numbers have fewer
	if len(cursor) > most {
		return p, false
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return p, false
	}
	version, id, _ := strings.Cut(string(text), ".")
	var errID error
	p.version, err = strconv.ParseInt(version, 10, 64)
	p.id, errID = strconv.ParseInt(id, 10, 64)
	return p, err == nil && errID == nil
}

// entry is what the outbox has of one change of a record.
type entry struct {
	at            position
	when          time.Time
	object        string // its name then
	revision      int64
	actor, origin string
	Op            Verb
	Changed       map[string][2]json.RawMessage
}

func (e *Engine) entries(ctx context.Context, r *Request, o *metadata.ObjectView, id trellis.ID, from position, most int) ([]*entry, error) {
	rows, err := e.db.Query(ctx, `SELECT h.version, h.id, h.revision, o.at, o.object, o.actor, o.origin,
			(SELECT c.value FROM json_array_elements(o.changes) c WHERE c.value ->> 'id' = $1::uuid::text LIMIT 1)
		FROM trellis.record_change h JOIN trellis.outbox o ON o.xid = h.xid AND o.id = h.id
		WHERE h.record_id = $1 AND h.object = $2 AND o.workspace_id = $3 AND (h.version, h.id) < ($4, $5)
		ORDER BY h.version DESC, h.id DESC LIMIT $6`, [16]byte(id), o.Table, [16]byte(r.View.WorkspaceID), from.version, from.id, most)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*entry, error) {
		x := &entry{}
		var change []byte
		if err := row.Scan(&x.at.version, &x.at.id, &x.revision, &x.when, &x.object, &x.actor, &x.origin, &change); err != nil {
			return nil, err
		}
		return x, json.Unmarshal(change, x)
	})
	if err != nil {
		return nil, pg.Error(err)
	}
	return list, nil
}

// told makes of entries what the caller may know.
func (e *Engine) told(ctx context.Context, r *Request, o *metadata.ObjectView, entries []*entry, seen map[string]bool) ([]HistoryEntry, error) {
	names, err := e.namesThen(ctx, r, o, entries)
	if err != nil {
		return nil, err
	}
	out := make([]HistoryEntry, len(entries))
	for i, x := range entries {
		c := HistoryEntry{Op: x.Op, Version: x.at.version}
		now := map[string][2]json.RawMessage{}
		for name, values := range x.Changed {
			if f := names.now(x, name); f != nil {
				now[f.Name] = values
			}
		}
		for _, f := range o.All {
			if values, ok := now[f.Name]; ok && seen[f.Name] {
				c.Fields = append(c.Fields, HistoryField{f.Name, values[0], values[1]})
			}
		}
		if len(c.Fields) > 0 || len(x.Changed) == 0 {
			if seen["updatedAt"] {
				at := x.when.UTC()
				c.At = &at
			}
			if seen["updatedBy"] {
				c.Actor, c.Origin = x.actor, x.origin
			}
		}
		out[i] = c
	}
	return out, e.withoutUnseen(ctx, r, o, out)
}
