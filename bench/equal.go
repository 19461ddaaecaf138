package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
)

// answer is the form of both sides' answers.
type answer struct {
	Data   json.RawMessage
	Errors json.RawMessage
}

func dataOf(raw []byte) ([]byte, error) {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("bench: an answer is no JSON: %w: %.300s", err, raw)
	}
	if a.Errors != nil {
		return nil, fmt.Errorf("bench: an answer has errors: %.2000s", a.Errors)
	}
	return a.Data, nil
}

// anID is a UUID, or the number of an order, which is one too.
var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// withoutNew replaces ids that the records of the ground do not have: those of
// records just written.
func (r *runner) withoutNew(b []byte) []byte {
	return anID.ReplaceAllFunc(b, func(id []byte) []byte {
		if string(id) < r.started.String() {
			return id
		}
		return []byte("new")
	})
}

// same asks both sides the same and compares: answers of reads byte by byte,
// those of writes but for new ids, and then the rows written.
func (r *runner) same(ctx context.Context, k *Case) error {
	n := k.variants()
	if k.Write {
		n = 3
	}
	mine, err := r.trellis.prepare(k, r.ground.Size, 0, n)
	if err != nil {
		return err
	}
	theirs, err := r.floor.prepare(k, r.ground.Size, 0, n)
	if err != nil {
		return err
	}
	since := trellis.NewID()
	clear(since[6:]) // what the others make in the same millisecond comes later
	empty := 0
	for i := range mine {
		a, err := r.answer(r.trellis, k, mine[i])
		if err != nil {
			return err
		}
		b, err := r.answer(r.floor, k, theirs[i])
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("bench: the answers to %s %.500s differ: %w", k.Name, theirs[i], difference(a, b))
		}
		if len(a) < 100 {
			empty++
		}
	}
	if empty > n/4 {
		return fmt.Errorf("bench: %d of %d answers to %s are empty", empty, n, k.Name)
	}
	if k.Write {
		return r.sameRows(ctx, since)
	}
	return nil
}

func (r *runner) answer(c *client, k *Case, body []byte) ([]byte, error) {
	raw, err := c.ask(k, body, nil)
	if err != nil {
		return nil, err
	}
	data, err := dataOf(raw)
	if err != nil || !k.Write {
		return data, err
	}
	return r.withoutNew(data), nil
}

// sameRows compares what was written since an id was made, in the order of
// writing: Trellis and the floor in turns, so neighbours must be equal.
func (r *runner) sameRows(ctx context.Context, since trellis.ID) error {
	for _, sql := range []string{
		`SELECT to_jsonb(t) - '{id,created_at,updated_at}'::text[] FROM ws_main.opportunity t WHERE id >= $1 ORDER BY created_at, id`,
		`SELECT to_jsonb(t) - '{id,created_at,updated_at}'::text[] FROM ws_main."order" t WHERE id >= $1 ORDER BY created_at, id`,
		`SELECT jsonb_agg(to_jsonb(t) - '{id,created_at,updated_at}'::text[] ORDER BY line_no) FROM ws_main.order_line t WHERE id >= $1 GROUP BY order_id ORDER BY min(created_at)`,
		`SELECT to_jsonb(t) - '{id,xid,at}'::text[] || jsonb_build_object('text', changes::text) FROM trellis.outbox t WHERE object = 'opportunity' AND changes->0->>'id' >= $1::uuid::text ORDER BY xid, id`,
		`SELECT to_jsonb(t) - '{id,xid,at}'::text[] || jsonb_build_object('text', changes::text) FROM trellis.outbox t WHERE object = 'order' AND changes->0->>'id' >= $1::uuid::text ORDER BY xid, id`,
		`SELECT to_jsonb(t) - '{id,xid,at}'::text[] || jsonb_build_object('text', changes::text) FROM trellis.outbox t WHERE object = 'orderLine' AND changes->0->>'id' >= $1::uuid::text ORDER BY xid, id`,
		historySQL("opportunity"), historySQL("order"), historySQL("orderLine"),
	} {
		rows, err := r.ground.db.Query(ctx, sql, since)
		if err != nil {
			return err
		}
		written, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(written); i += 2 {
			a, b := r.withoutNew(written[i]), r.withoutNew(written[i+1])
			if !bytes.Equal(a, b) {
				return fmt.Errorf("bench: the rows written differ: %w", difference(a, b))
			}
		}
		if len(written)%2 != 0 {
			return fmt.Errorf("bench: %d rows were written by two sides: %s", len(written), sql)
		}
	}
	return nil
}

// historySQL asks for what the history of an object's records says of each entry
// of the outbox: as many records as the entry has, no other ones.
func historySQL(object string) string {
	return `SELECT jsonb_build_object('records', count(*), 'changed', json_array_length(o.changes),
		'known', bool_and(o.changes::jsonb @> jsonb_build_array(jsonb_build_object('id', c.record_id, 'version', c.version))),
		'rows', jsonb_agg(to_jsonb(c) - '{record_id,id,xid}'::text[]))
	FROM trellis.outbox o JOIN trellis.record_change c ON c.id = o.id AND c.xid = o.xid
	WHERE o.object = '` + object + `' AND c.record_id >= $1 GROUP BY o.xid, o.id ORDER BY o.xid, o.id`
}

// difference shows where a and b part.
func difference(a, b []byte) error {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	at = max(at-100, 0)
	return fmt.Errorf("\nTrellis …%.300s\nfloor   …%.300s", a[at:], b[min(at, len(b)):])
}
