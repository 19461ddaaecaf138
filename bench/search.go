package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// searchTarget is how long 95 of 100 searches may take, in milliseconds.
const searchTarget = 100

// searchPage is how many records a search asks for.
const searchPage = 20

// texts are what is searched for: Chinese words of two characters, frequent and
// rare, longer ones, family names, Latin words and parts of them, several words,
// digits of phones, numbers, and what is not there.
var texts = []string{
	"科技", "贸易", "有限", "公司", "集团", "北京", "济南", "股份", "京一", "丙科", "丁三", "七万", "两丙", "丰乙",
	"上海科技", "软件有限", "旅游集团", "有限公司", "北京一", "王伟", "志强", "欧阳", "欧阳建国", "王", "京", "北京 科技", "上海 王伟", "广州 霞",
	"bloom", "berg", "acmeworks", "gmbh", "smith line", "rossi", "nord 软件", "felix novak",
	"A-0012345", "0999999", "12345", "138-1234", "+86 135", "0047", "77770000", "龘龘", "zzzz",
}

// searches measures first pages of searches through GraphQL over HTTP, one after
// the other, by the clock: the 95th percentile has the limit. The floor is one
// statement for each text that finds by the same indexes and sorts all that it
// found. Both must find the same records in the same order.
func (r *runner) searches(ctx context.Context, rep *Report) error {
	key, err := r.ground.firms(ctx, r.o.Out)
	if err != nil {
		return err
	}
	v, err := r.ground.catalog.Current(ctx, searchSlug)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.o.Out, "searching %d firms\n", r.ground.Size.firms())
	var mine, theirs []float64
	slowest := map[string]float64{}
	for _, text := range texts {
		sql, args := searchFloor(v.Snapshot.Lookup("firm"), text)
		begun := time.Now()
		want, err := r.ids(ctx, sql, args)
		if err != nil {
			return err
		}
		theirs = append(theirs, milliseconds(time.Since(begun)))
		for range r.o.Rounds {
			begun = time.Now()
			got, err := r.search(ctx, key, text)
			if err != nil {
				return err
			}
			took := milliseconds(time.Since(begun))
			mine, slowest[text] = append(mine, took), max(slowest[text], took)
			if !slices.Equal(got, want) {
				return fmt.Errorf("bench: a search for %q finds %v, by hand %v", text, got, want)
			}
		}
	}
	r.tellSlowest(slowest)
	rep.limitedAt(0.5, "search p50", "ms", mine, theirs, searchTarget)
	rep.limitedAt(0.95, "search p95", "ms", mine, theirs, searchTarget)
	return nil
}

// tellSlowest names the texts that took longest once.
func (r *runner) tellSlowest(took map[string]float64) {
	const most = 5
	sorted := slices.SortedFunc(slices.Values(texts), func(a, b string) int { return int(took[b] - took[a]) })
	for _, text := range sorted[:most] {
		fmt.Fprintf(r.o.Out, "  %q: %.0f ms at most\n", text, took[text])
	}
}

// search asks for the first page and gives its ids.
func (r *runner) search(ctx context.Context, key, text string) ([]trellis.ID, error) {
	raw, err := r.post(ctx, "http://"+r.trellis.address+"/w/"+searchSlug+"/graphql", key,
		fmt.Sprintf(`query ($text: String!) { firms(search: $text, first: %d) { nodes { id name contact phone code } } }`, searchPage), map[string]any{"text": text})
	if err != nil {
		return nil, err
	}
	data, err := dataOf(raw)
	if err != nil {
		return nil, err
	}
	var got struct {
		Firms struct {
			Nodes []struct{ ID trellis.ID }
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, err
	}
	var ids []trellis.ID
	for _, n := range got.Firms.Nodes {
		ids = append(ids, n.ID)
	}
	return ids, nil
}

// ids reads the rows that the page would show, and gives their ids.
func (r *runner) ids(ctx context.Context, sql string, args []any) ([]trellis.ID, error) {
	rows, err := r.ground.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (trellis.ID, error) {
		var id [16]byte
		var name, contact, phone, code *string
		err := row.Scan(&id, &name, &contact, &phone, &code)
		return trellis.ID(id), err
	})
}

// searchFloor is the statement for a text and its values.
func searchFloor(o *metadata.ObjectView, text string) (string, []any) {
	var args []any
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	// in is that some field has a word, with or without the index: anywhere, at its
	// beginning, or as all there is.
	in := func(word string, first, whole, byIndex bool) string {
		var fields []string
		for _, name := range searched {
			w := strings.ToLower(word)
			if name == "phone" {
				if w = strings.NewReplacer(" ", "", "-", "", "+", "").Replace(word); strings.Trim(w, "0123456789") != "" {
					continue
				}
			}
			begins := first || utf8.RuneCountInString(w) == 1
			column := ddl.SearchText(o.Field(name), func(c string) string { return c })
			like := column + " LIKE " + bind(map[bool]string{false: "%"}[begins]+w+map[bool]string{false: "%"}[whole])
			if byIndex {
				like = "(" + ddl.SearchPairs(column) + " @> " + bind(pairsOf(w, begins)) + "::text[] AND " + like + ")"
			}
			fields = append(fields, like)
		}
		return "(" + strings.Join(fields, " OR ") + ")"
	}
	where := "deleted_at IS NULL"
	for _, word := range strings.Fields(text) {
		where += " AND " + in(word, false, false, true)
	}
	return "SELECT id, name, contact, phone, code FROM ws_search.firm WHERE " + where +
		" ORDER BY " + in(text, true, true, false) + " IS TRUE DESC, " + in(text, true, false, false) + " IS TRUE DESC, created_at DESC, id DESC LIMIT " + fmt.Sprint(searchPage), args
}

// pairsOf are the neighbouring characters of a word.
func pairsOf(word string, begins bool) []string {
	runes := []rune(word)
	if begins {
		return []string{ddl.SearchEdge + string(runes[:min(2, len(runes))])}
	}
	var out []string
	for i := range len(runes) - 1 {
		out = append(out, string(runes[i:i+2]))
	}
	return out
}
