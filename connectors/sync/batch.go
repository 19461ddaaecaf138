package sync

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
)

// item is one record of a batch on its way.
type item struct {
	rec  connectors.Record
	key  string // names it here: see letterKey
	hash string
	link *link
	op   int // index of its operation, -1 for none
	err  *trellis.Error
	// waits is the record that has to come before this one.
	waits *partner
	// known: nothing to write, it is unchanged since it was taken over.
	known bool
	// letter is the dead letter it comes from, "" for the source.
	letter string
}

type link struct {
	record trellis.ID
	hash   string
}

// partner is a record of the source that another one refers to.
type partner struct{ stream, key string }

// batch is what one transaction takes over.
type batch struct {
	pull  *pull
	sm    *StreamMapping
	items []*item
	ops   []core.Op
	// from and to are the checkpoint before and after; from is nil for dead
	// letters.
	from *mark
	to   connectors.Cursor
	// written is how many records the last try wrote.
	written int
}

// errTaken says that records to be taken over belong to others; those have
// their error.
var errTaken = errors.New("a record is linked to another one of the source")

// newBatch keeps the last of several records with one key.
func (p *pull) newBatch(sm *StreamMapping, records []connectors.Record) *batch {
	b := &batch{pull: p, sm: sm}
	at := map[string]int{}
	for _, r := range records {
		it := sm.item(letterKey(r), r)
		if i, ok := at[it.key]; ok {
			b.items[i] = it
			continue
		}
		at[it.key] = len(b.items)
		b.items = append(b.items, it)
	}
	return b
}

func (sm *StreamMapping) item(key string, r connectors.Record) *item {
	it := &item{rec: r, key: key}
	if it.err = sound(r); it.err == nil {
		it.hash = sm.hash + r.Hash()
	}
	return it
}

// commit maps the records, writes them and moves the checkpoint.
func (b *batch) commit(ctx context.Context) error {
	if err := b.findLinks(ctx); err != nil {
		return err
	}
	for {
		if err := b.mapAll(ctx); err != nil {
			return err
		}
		_, err := b.pull.service.engine.Write(ctx, b.pull.req, &core.Write{Ops: b.ops, PerRow: true, Also: b.remember})
		if errors.Is(err, errTaken) {
			continue
		}
		if err == nil {
			b.pull.taken += int64(len(b.items))
			b.pull.written += int64(b.written)
		}
		return err
	}
}

// findLinks reads which records are known.
func (b *batch) findLinks(ctx context.Context) error {
	keys := make([]string, len(b.items))
	for i, it := range b.items {
		keys[i] = it.key
	}
	links, err := b.pull.links(ctx, b.sm.From, keys)
	if err != nil {
		return err
	}
	for _, it := range b.items {
		if l, ok := links[it.key]; ok {
			it.link = &l
			it.known = it.err == nil && l.hash == it.hash
		}
	}
	return nil
}

func (p *pull) links(ctx context.Context, stream string, keys []string) (map[string]link, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	// A join finds each key in the index; = ANY reads all links of the stream as
	// long as PostgreSQL has no statistics of them.
	rows, err := p.service.db.Query(ctx, `SELECT l.external_id, l.record_id, l.hash FROM unnest($3::text[]) AS w (key)
		JOIN trellis.sync_link l ON l.connection_id = $1 AND l.stream = $2 AND l.external_id = w.key`, p.conn.ID, stream, keys)
	if err != nil {
		return nil, pg.Error(err)
	}
	out := make(map[string]link, len(keys))
	var key string
	var l link
	_, err = pgx.ForEachRow(rows, []any{&key, &l.record, &l.hash}, func() error {
		out[key] = l
		return nil
	})
	return out, pg.Error(err)
}

// mapAll makes an operation of each record that is to be written.
func (b *batch) mapAll(ctx context.Context) error {
	all := make([]mapped, len(b.items))
	wanted := map[string][]string{} // stream → keys referred to
	for i, it := range b.items {
		it.op = -1
		if it.err != nil || it.known || it.rec.Deleted {
			continue
		}
		if all[i], it.err = b.sm.apply(ctx, it.rec.Data, b.pull.req.Now); it.err != nil {
			if err := ctx.Err(); err != nil {
				return err // the record is not to blame
			}
			continue
		}
		for n, key := range all[i].keys {
			if key != nil && *key != "" {
				from := b.sm.links[n].from
				wanted[from] = append(wanted[from], *key)
			}
		}
	}
	known := map[string]map[string]link{}
	for stream, keys := range wanted {
		links, err := b.pull.links(ctx, stream, keys)
		if err != nil {
			return err
		}
		known[stream] = links
	}
	b.ops = b.ops[:0]
	for i, it := range b.items {
		switch {
		case it.err != nil || it.known:
		case it.rec.Deleted:
			b.delete(it)
		default:
			if it.resolve(b.sm, &all[i], known); it.err == nil {
				b.add(it, b.operation(it, all[i].values))
			}
		}
	}
	return nil
}

func (b *batch) add(it *item, op core.Op) {
	it.op = len(b.ops)
	b.ops = append(b.ops, op)
}

// operation writes a known record, takes over one that matches, or makes a new
// one.
func (b *batch) operation(it *item, values map[string]any) core.Op {
	op := core.Op{Verb: core.Create, Object: b.sm.To, Values: values}
	switch {
	case it.link != nil:
		op.Verb, op.ID = core.Update, it.link.record
	case b.sm.Match != "" && values[b.sm.Match] != nil && values[b.sm.Match] != "":
		op.Verb, op.Key = core.Upsert, []string{b.sm.Match}
	}
	return op
}

// resolve sets lookups to the records their keys stand for. A record whose
// partner has not come yet waits for it as a dead letter.
func (it *item) resolve(sm *StreamMapping, m *mapped, known map[string]map[string]link) {
	for n, key := range m.keys {
		l := sm.links[n]
		if key == nil {
			continue
		}
		if *key == "" {
			m.values[l.field.Name] = nil
			continue
		}
		to, ok := known[l.from][*key]
		if !ok {
			it.waits = &partner{l.from, *key}
			it.err = trellis.Errorf(trellis.CodeConflict, "refers to %s %q, which has not come yet", l.from, *key).At(l.field.Name)
			return
		}
		m.values[l.field.Name] = to.record
	}
}

// delete trashes a record that is gone at the source, where the mapping says
// so.
func (b *batch) delete(it *item) {
	if it.link == nil || !b.sm.Trash {
		it.known = true
		return
	}
	b.add(it, core.Op{Verb: core.Delete, Object: b.sm.To, ID: it.link.record})
}

// outcome is what became of an item: whether it is gone here as at the source,
// and its error.
func (b *batch) outcome(it *item, results []core.Result) (gone bool, failed *trellis.Error) {
	if it.err != nil || it.op < 0 {
		return false, it.err
	}
	failed = results[it.op].Err
	missing := failed != nil && failed.Code == trellis.CodeNotFound
	switch verb := b.ops[it.op].Verb; {
	case verb == core.Delete && (failed == nil || missing):
		// In the trash already, for a person was faster, is as good.
		return true, nil
	case verb == core.Update && missing:
		failed = trellis.Wrap(trellis.CodeNotFound, failed, "the record it belongs to is in the trash, or the connection's role does not see it")
	}
	return false, failed
}
