package tryton

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// Read returns one page of a pass. See place for what a pass is.
func (c *connection) Read(ctx context.Context, name string, cur connectors.Cursor) (connectors.Batch, connectors.Cursor, error) {
	fail := func(err error) (connectors.Batch, connectors.Cursor, error) { return connectors.Batch{}, "", err }
	i := slices.IndexFunc(c.streams, func(s stream) bool { return s.model == name })
	if i < 0 {
		return fail(connectors.ConfigError("", "a Tryton connection has no stream %.80q", name))
	}
	st := c.streams[i]
	p, err := parsePlace(cur)
	if err != nil {
		return fail(err)
	}
	if p.Done {
		p.Done = false
		return connectors.Batch{}, p.cursor(), io.EOF
	}
	sh, err := c.shape(ctx, st)
	if err != nil {
		return fail(err)
	}
	if p.Pass == nil {
		newest, err := c.newest(ctx, sh)
		if err != nil {
			return fail(err)
		}
		p.begin(c.now(), newest, c.lookBack, c.fullRead)
	}
	rows, err := c.page(ctx, sh, p.Pass)
	if err != nil {
		return fail(err)
	}
	batch := connectors.Batch{}
	inPage := map[int64]bool{}
	for _, row := range rows {
		r := c.record(st, sh, row)
		if inPage[row.id] = true; p.fresh(row.id, r) {
			batch.Records = append(batch.Records, r)
		}
	}
	if len(rows) > 0 {
		p.advance(rows[len(rows)-1].id, inPage)
	}
	if len(rows) == c.pageSize {
		return batch, p.cursor(), nil
	}
	p.end()
	if len(batch.Records) == 0 {
		return batch, p.cursor(), io.EOF
	}
	p.Done = true
	return batch, p.cursor(), nil
}

type row struct {
	id   int64
	data map[string]any
}

// page asks for the next records of a pass and checks that the answer obeys:
// a limit or an order that is ignored would lose records.
func (c *connection) page(ctx context.Context, sh *shape, p *pass) ([]row, error) {
	result, err := c.rpc.call(ctx, "model."+sh.model+".search_read",
		sh.domain(p.After, p.From), 0, c.pageSize, []any{[]any{"id", "ASC"}}, sh.names(), c.context)
	if err != nil {
		return nil, err
	}
	list, ok := result.([]any)
	if !ok || len(list) > c.pageSize {
		return nil, fmt.Errorf("tryton: the answer to a search in %s is not a list of at most %d records", sh.model, c.pageSize)
	}
	rows := make([]row, len(list))
	last := p.After
	for i, e := range list {
		data, _ := e.(map[string]any)
		id, ok := data["id"].(int64)
		if !ok || id <= last {
			return nil, fmt.Errorf("tryton: the answer to a search in %s is not in the order of ids", sh.model)
		}
		rows[i], last = row{id: id, data: data}, id
	}
	return rows, nil
}

func (c *connection) record(st stream, sh *shape, row row) connectors.Record {
	data := sh.record(row.data)
	data[stampField], _ = row.data[stampField].(string)
	if st.derive != nil {
		st.derive(data)
	}
	return connectors.Record{
		Stream: st.model, Key: strconv.FormatInt(row.id, 10), Data: data, Modified: sh.modified(row.data),
	}
}

// newest is the newest stamp in the tables that count for a stream. Tryton hides
// some tables from outside; leaving one out makes the answer older, which only
// makes the next passes look back further.
func (c *connection) newest(ctx context.Context, sh *shape) (stamp, error) {
	var newest stamp
	for _, model := range sh.models() {
		for _, date := range []string{"write_date", "create_date"} {
			result, err := c.rpc.call(ctx, "model."+model+".search_read",
				[]any{[]any{date, "!=", nil}}, 0, 1, []any{[]any{date, "DESC"}}, []string{date}, c.context)
			var status *statusError
			if errors.As(err, &status) && status.code == http.StatusForbidden && model != sh.model {
				break
			}
			if err != nil {
				return "", err
			}
			list, _ := result.([]any)
			for _, e := range list {
				data, _ := e.(map[string]any)
				if t, ok := data[date].(time.Time); ok {
					newest = max(newest, stampOf(t))
				}
			}
		}
	}
	return newest, nil
}
