package graphql

import (
	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata/expr"
)

// recordSet is written records as JSON, by id.
type recordSet map[trellis.ID][]byte

// of is the record with the id, null when the caller may not read it.
func (s recordSet) of(id trellis.ID) []byte {
	if b := s[id]; b != nil {
		return b
	}
	return []byte("null")
}

// readAll reads the records of several rows with one query for each selection.
// After an error the records are null; the write has been done all the same.
func (a *answerer) readAll(rows []row) error {
	if len(rows) == 1 {
		return nil
	}
	a.read = make(map[*node]recordSet, len(a.records))
	for n, selection := range a.records {
		var ids []expr.Term
		seen := map[trellis.ID]bool{}
		for i := range rows {
			if r := &rows[i]; r.object == n.bind.object && !r.id.IsZero() && !seen[r.id] {
				ids = append(ids, expr.Literal{Of: expr.IDType, Value: r.id})
				seen[r.id] = true
			}
		}
		if len(ids) == 0 {
			continue
		}
		set, err := a.readSet(n.bind.object.Name, ids, selection.items)
		if err != nil {
			return err
		}
		a.read[n] = set
	}
	return nil
}

// The answer to readSet's query is a list of records that begin with their id
// under this key, which no alias can be.
const (
	idKey    = "-"
	idPrefix = `{"` + idKey + `":"`
	idLength = 36
)

func (a *answerer) readSet(object string, ids []expr.Term, selection query.Selection) (recordSet, error) {
	items := append(query.Selection{{Key: idKey, Kind: query.Value, Field: "id"}}, selection...)
	raw, err := a.x.api.engine.Query(a.x.ctx, a.x.r, &query.Query{List: &query.List{
		Object: object, First: len(ids),
		Filter: expr.In{Term: expr.Column{Field: "id", Of: expr.IDType}, List: ids},
		Shape:  []query.ListItem{{Key: "n", Kind: query.Nodes, Select: items}},
	}}, nil)
	if err != nil {
		return nil, err
	}
	return split(raw)
}

// split takes the records out of {"n":[…]}.
func split(raw []byte) (recordSet, error) {
	set := recordSet{}
	for i := len(`{"n":[`); i < len(raw) && raw[i] == '{'; {
		end := i + objectEnd(raw[i:])
		record := raw[i:end]
		id, err := trellis.ParseID(string(record[len(idPrefix) : len(idPrefix)+idLength]))
		if err != nil {
			return nil, trellis.Wrap(trellis.CodeInternal, err, "something went wrong on our side")
		}
		// What follows the id's quote is a comma or the closing brace.
		rest := record[len(idPrefix)+idLength+1:]
		if rest[0] == ',' {
			rest = rest[1:]
		}
		set[id] = append([]byte{'{'}, rest...)
		i = end + 1
	}
	return set, nil
}

// objectEnd is where the JSON object that b begins with ends.
func objectEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return len(b)
}
