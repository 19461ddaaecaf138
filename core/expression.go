package core

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// maxTexts bounds the compiled expressions of records that a revision keeps;
// then all are forgotten, for what is in use comes back at once.
const maxTexts = 1_000

type textKey struct{ over, profile, text string }

// Expression compiles a text that an expression field holds, once per revision.
// over is the object it is about. The errors are those of expr.Engine.Compile: a
// text may have ceased to compile since it was written. A rule of the profile row
// gives the condition of a query by Rule.Predicate(*p.Vars(now)).
func (e *Engine) Expression(r *Request, f *metadata.Field, over, text string) (*expr.Rule, error) {
	if f.Kind != metadata.KindExpression || f.Expression == nil {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "%s holds no expressions", f.Name)
	}
	return e.book(r).text(f.Expression, over, text)
}

func (b *book) text(x *metadata.Expression, over, text string) (*expr.Rule, error) {
	key := textKey{over, x.Profile, text}
	b.textMu.Lock()
	rule := b.texts[key]
	b.textMu.Unlock()
	if rule != nil {
		return rule, nil
	}
	rule, err := x.Compile(b.exprs, over, text)
	if err != nil {
		return nil, err
	}
	b.textMu.Lock()
	defer b.textMu.Unlock()
	if b.texts == nil || len(b.texts) >= maxTexts {
		b.texts = map[textKey]*expr.Rule{}
	}
	b.texts[key] = rule
	return rule, nil
}

// checkExpressions compiles the texts that rows set, and those whose object
// another field of the row now names.
func (e *Engine) checkExpressions(ctx context.Context, r *Request, rows []*row, written map[trellis.ID]*query.Image) error {
	for _, group := range byObject(rows) {
		o := group[0].object
		for _, f := range o.Fields {
			if f.Kind != metadata.KindExpression {
				continue
			}
			path := f.Expression.Path()
			var of []*row
			var images []*query.Image
			for _, w := range group {
				if w.err == nil && w.image.Values[f.Name] != nil && (w.changed[f.Name] || path != nil && w.changed[path[0]]) {
					of, images = append(of, w), append(images, w.image)
				}
			}
			if len(of) == 0 {
				continue
			}
			if len(path) > 1 {
				if err := e.loadPaths(ctx, r, o, []expr.Path{path}, images, written); err != nil {
					return err
				}
			}
			for _, w := range of {
				w.checkExpression(e.book(r), r, f, path)
			}
		}
	}
	return nil
}

func (w *row) checkExpression(b *book, r *Request, f *metadata.Field, path expr.Path) {
	text, _ := w.image.Values[f.Name].(string)
	over := f.Expression.Over
	if path != nil {
		over = named(w.image, path)
	}
	if o := r.View.Snapshot.Lookup(over); o == nil || o.Implied {
		w.add(trellis.Errorf(trellis.CodeInvalidInput, "cannot be understood: %s names no object", f.Expression.Over).At(w.at(f.Name)...))
		return
	}
	_, err := b.text(f.Expression, over, text)
	if err == nil {
		return
	}
	var many trellis.Errors
	if !errors.As(err, &many) {
		many = trellis.Public(err)
	}
	for _, p := range many {
		w.add(trellis.Errorf(trellis.CodeInvalidInput, "%s", p.Message).At(w.at(f.Name)...))
	}
}

// named is the text at the end of a path, "" for none.
func named(image *query.Image, path expr.Path) string {
	var rec expr.Record = image
	for _, lookup := range path[:len(path)-1] {
		if rec = rec.Hop(lookup); rec == nil {
			return ""
		}
	}
	v, _ := rec.Get(path[len(path)-1])
	s, _ := v.(string)
	return s
}

// BrokenExpression is a text in a record that does not compile.
type BrokenExpression struct {
	Object, Field string
	ID            trellis.ID
	Problem       string // a sentence with the position
}

// BrokenExpressions lists the stored expressions of an object that would not
// compile under a draft of the workspace's definition, by field and in order of
// their ids, at most so many. The draft must be normalised and valid; records
// and the objects they name are those of now.
func (e *Engine) BrokenExpressions(ctx context.Context, r *Request, draft *metadata.Definition, object string, most int) ([]BrokenExpression, error) {
	o := r.View.Snapshot.Lookup(object)
	if o == nil {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "there is no object %q", object)
	}
	engine := expr.New(metadata.ExprSchema(draft, r.View.Definition()))
	var out []BrokenExpression
	for _, f := range o.Fields {
		now := f
		if d := draft.Object(object); d != nil && d.Field(f.Name) != nil {
			now = d.Field(f.Name)
		}
		if f.Kind != metadata.KindExpression || now.Kind != f.Kind {
			continue
		}
		err := e.eachExpression(ctx, r, o, f, func(id trellis.ID, over, text string) bool {
			if f.Expression.Path() == nil {
				over = now.Expression.Over
			}
			if _, err := now.Expression.Compile(engine, over, text); err != nil {
				out = append(out, BrokenExpression{object, f.Name, id, trellis.Public(err)[0].Message})
			}
			return len(out) < most
		})
		if err != nil || len(out) >= most {
			return out, err
		}
	}
	return out, nil
}

// eachExpression reads the texts of a field, page by page, until do is false.
func (e *Engine) eachExpression(ctx context.Context, r *Request, o *metadata.ObjectView, f *metadata.Field, do func(id trellis.ID, over, text string) bool) error {
	path := f.Expression.Path()
	over := query.Item{Key: "over", Kind: query.TypeName, Text: f.Expression.Over}
	if path != nil {
		over = query.Item{Key: "over", Field: path[len(path)-1]}
		for i := len(path) - 2; i >= 0; i-- {
			over = query.Item{Key: "over", Kind: query.Record, Field: path[i], Select: query.Selection{over}}
		}
	}
	list := &query.List{Object: o.Name, First: query.MaxFirst, Order: []query.Order{{Field: "id"}},
		Filter: expr.Null{Term: expr.Column{Field: f.Name, Of: expr.TextType, Nullable: true}, Not: true},
		Shape: []query.ListItem{{Key: "n", Kind: query.Nodes, Select: query.Selection{{Key: "id", Field: "id"}, {Key: "text", Field: f.Name}, over}},
			{Key: "p", Kind: query.PageInfo, Page: []query.PageItem{{Key: "more", Kind: query.HasNextPage}, {Key: "end", Kind: query.EndCursor}}}}}
	for {
		buf, err := e.Query(ctx, systemRequest(r), &query.Query{List: list}, nil)
		if err != nil {
			return err
		}
		var page struct {
			N []struct {
				ID   trellis.ID      `json:"id"`
				Text string          `json:"text"`
				Over json.RawMessage `json:"over"`
			} `json:"n"`
			P struct {
				More bool   `json:"more"`
				End  string `json:"end"`
			} `json:"p"`
		}
		if err := json.Unmarshal(buf, &page); err != nil {
			return err
		}
		for _, n := range page.N {
			if !do(n.ID, innermost(n.Over), n.Text) {
				return nil
			}
		}
		if !page.P.More {
			return nil
		}
		list.After = page.P.End
	}
}

// innermost is the text inside {"over": {"over": …}}.
func innermost(raw json.RawMessage) string {
	var text string
	for json.Unmarshal(raw, &text) != nil {
		var in struct {
			Over json.RawMessage `json:"over"`
		}
		if json.Unmarshal(raw, &in) != nil || in.Over == nil {
			return ""
		}
		raw = in.Over
	}
	return text
}
