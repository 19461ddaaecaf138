package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// fieldTarget is how long a field may take to be added, in milliseconds.
const fieldTarget = 50

// fieldWarmup is how many fields are added to each workspace before those that
// count: the server has then opened its connections.
const fieldWarmup = 3

// flatTarget is how much more CPU a field may cost among many objects than among
// the fewest.
const flatTarget = 1.3

// fields adds fields to workspaces of more and more objects: through the admin
// API, until GraphQL answers a query that names the field. The floor of the time
// by the clock, most of which is waiting for the disk, is the ALTER TABLE and the
// SELECT by hand; that of the CPU of server and PostgreSQL is the same among the
// fewest objects.
func (r *runner) fields(ctx context.Context, rep *Report) error {
	var least []float64
	for _, n := range r.ground.Size.manySizes() {
		t, err := r.fieldsAmong(ctx, n)
		if err != nil {
			return err
		}
		rep.limited(fmt.Sprintf("field %d", n), "ms", t.clock, t.byHand, fieldTarget)
		if least == nil {
			least = t.cpu
		}
		rep.limited(fmt.Sprintf("field %d CPU", n), "ms CPU", t.cpu, least, flatTarget*quantile(least, 0.5))
		fmt.Fprintf(r.o.Out, "of the CPU the server's: %.2f ms, PostgreSQL's: %.2f ms\n", quantile(t.server, 0.5), quantile(t.postgres, 0.5))
	}
	return nil
}

// fieldTimes are milliseconds, one of each kind for each field.
type fieldTimes struct{ clock, byHand, cpu, server, postgres []float64 }

func (r *runner) fieldsAmong(ctx context.Context, n int) (*fieldTimes, error) {
	key, err := r.ground.many(ctx, n, r.o.Out)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(r.o.Out, "adding fields among %d objects\n", n)
	for i := range fieldWarmup {
		if err := r.addField(ctx, n, i, key); err != nil {
			return nil, err
		}
	}
	t := &fieldTimes{}
	for i := range r.o.Rounds {
		before, err := r.sides[0].read(ctx, r.ground.db)
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := r.addField(ctx, n, i, key); err != nil {
			return nil, err
		}
		t.clock = append(t.clock, milliseconds(time.Since(begun)))
		after, err := r.sides[0].read(ctx, r.ground.db)
		if err != nil {
			return nil, err
		}
		cost := r.sides[0].cost(before, after)
		t.cpu = append(t.cpu, milliseconds(cost.all()))
		t.server, t.postgres = append(t.server, milliseconds(cost.server)), append(t.postgres, milliseconds(cost.postgres))
		took, err := r.addColumn(ctx, n, i)
		if err != nil {
			return nil, err
		}
		t.byHand = append(t.byHand, milliseconds(took))
	}
	return t, nil
}

// things is how many of n objects are not the system's.
func things(n int) int { return n - len(metadata.SystemObjects()) }

// unused is a name that no field had.
func unused(first string) string {
	id := trellis.NewID()
	return fmt.Sprintf("%s%x", first, id[8:])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// addField adds a field to the i-th of n objects and asks for it.
func (r *runner) addField(ctx context.Context, n, i int, key string) error {
	object := i * 7 % things(n)
	field := unused("x")
	base := "http://" + r.trellis.address + "/w/" + manySlug(n)
	added, err := r.post(ctx, base+"/admin/graphql", key, `mutation ($o: String!, $f: FieldInput!) { addField(object: $o, field: $f) { problems { message } } }`,
		map[string]any{"o": manyObject(object), "f": map[string]any{"name": field, "kind": "text"}})
	if err != nil {
		return err
	}
	if !bytes.Contains(added, []byte(`"problems":[]`)) {
		return fmt.Errorf("bench: adding a field: %.500s", added)
	}
	got, err := r.post(ctx, base+"/graphql", key, fmt.Sprintf("{ things%d(first: 1, filter: {%s: {isNull: true}}) { nodes { id %s } } }", object, field, field), nil)
	if err != nil {
		return err
	}
	if bytes.Contains(got, []byte(`"errors"`)) {
		return fmt.Errorf("bench: the field is not there: %.500s", got)
	}
	return nil
}

func (r *runner) post(ctx context.Context, url, key, query string, vars map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return r.trellis.send(req, key, nil)
}

// addColumn is the floor, on a table of another object.
func (r *runner) addColumn(ctx context.Context, n, i int) (time.Duration, error) {
	table := pgx.Identifier{"ws_" + manySlug(n), fmt.Sprintf("thing%d", (i*7+3)%things(n))}.Sanitize()
	column := pgx.Identifier{unused("y")}.Sanitize()
	begun := time.Now()
	if _, err := r.ground.db.Exec(ctx, "ALTER TABLE "+table+" ADD COLUMN "+column+" text"); err != nil {
		return 0, err
	}
	if _, err := r.ground.db.Exec(ctx, "SELECT id, "+column+" FROM "+table+" WHERE "+column+" IS NULL LIMIT 1"); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	_, err := r.ground.db.Exec(ctx, "ALTER TABLE "+table+" DROP COLUMN "+column)
	return took, err
}
