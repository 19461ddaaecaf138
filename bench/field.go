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

// fields adds fields to workspaces of more and more objects: through the admin
// API, until GraphQL answers a query that names the field. The floor is the
// ALTER TABLE and the SELECT by hand. Both are times by the clock, since most of
// it is waiting for the disk.
func (r *runner) fields(ctx context.Context, rep *Report) error {
	for _, n := range r.ground.Size.manySizes() {
		key, err := r.ground.many(ctx, n, r.o.Out)
		if err != nil {
			return err
		}
		fmt.Fprintf(r.o.Out, "adding fields among %d objects\n", n)
		if err := r.addField(ctx, n, 0, key); err != nil { // warms up
			return err
		}
		var mine, theirs []float64
		for i := range r.o.Rounds {
			begun := time.Now()
			if err := r.addField(ctx, n, i, key); err != nil {
				return err
			}
			mine = append(mine, milliseconds(time.Since(begun)))
			took, err := r.addColumn(ctx, n, i)
			if err != nil {
				return err
			}
			theirs = append(theirs, milliseconds(took))
		}
		rep.limited(fmt.Sprintf("field %d", n), "ms", mine, theirs, fieldTarget)
	}
	return nil
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
