package query

import (
	"strconv"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// FillLock renders the lock on the next records to fill, after the id given:
// most of them, in the order of ids. They are locked by a statement of its own,
// so that the one that computes sees what was committed before the lock was had.
func FillLock(space *Space, o *metadata.ObjectView, after trellis.ID, most int) Statement {
	b := &builder{}
	b.text(`SELECT t."id" FROM ` + space.TableName(o) + ` t WHERE t."id" > `)
	b.bind([16]byte(after), "uuid")
	b.text(` ORDER BY t."id" LIMIT ` + strconv.Itoa(most) + " FOR NO KEY UPDATE")
	return Statement{string(b.buf), b.args}
}

// Fill renders the computation of a stored field that is not filled yet, in the
// records given. Only what differs is written; it is no change of the records.
func Fill(space *Space, caller *Caller, o *metadata.ObjectView, f *metadata.Field, ids []trellis.ID) (Statement, error) {
	b := &builder{}
	rd := renderer{builder: b, c: &compiler{space: space, caller: caller}}
	var set, was, is []string
	for i := range f.Width() {
		name, c := Ident(f.Part(i).Name), "c"+strconv.Itoa(i)
		set, was, is = append(set, name+" = v."+c), append(was, "w."+name), append(is, "v."+c)
	}
	b.text("UPDATE " + space.TableName(o) + " w SET " + strings.Join(set, ", ") + ` FROM (SELECT t."id"`)
	for i := range f.Width() {
		b.text(", ")
		if err := rd.computed(scope{alias: "t", object: o}, f, f.Part(i).Name); err != nil {
			return Statement{}, err
		}
		b.text(" AS c" + strconv.Itoa(i))
	}
	b.text(" FROM " + space.TableName(o) + ` t WHERE t."id" = ANY(`)
	b.bind(IDs(ids), "uuid[]")
	b.text(`)) v WHERE w."id" = v."id" AND (` + strings.Join(was, ", ") + ") IS DISTINCT FROM (" + strings.Join(is, ", ") + ")")
	return Statement{string(b.buf), b.args}, nil
}
