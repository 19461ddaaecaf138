package query

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
	"github.com/trellishq/trellis/metadata/expr"
)

// The benchmarks make their records by SQL when they are asked for:
//
//	go test ./core/query -run '^$' -bench 'Search|Aggregate' -benchtime 1x

// BenchmarkSearch tells the 95th percentile of searches over a million firms, by
// words of all sorts: rare and frequent, Chinese and Latin, numbers.
func BenchmarkSearch(b *testing.B) {
	w := newWorld(b, people())
	w.exec(`DROP INDEX ws_main.firm__name__search, ws_main.firm__phone__search, ws_main.firm__code__search, ws_main.firm__secret__search`)
	w.exec(`INSERT INTO ws_main.firm (id, created_at, created_by, updated_at, updated_by, version, name, code, phone)
		SELECT gen_random_uuid(), '2020-01-01'::timestamptz + n * interval '3 min', 'system', now(), 'system', 1,
			CASE WHEN n % 5 = 0 THEN (ARRAY['Nord','Bloom','Smith','Acme','Global','Wind','Delta','River'])[1 + n * 7 % 8] || (ARRAY['berg','feld','works','tech','line','soft','trade'])[1 + n * 11 % 7] || ' ' || to_hex(n * 2654435761 % 65536) || ' GmbH'
			ELSE (ARRAY['北京','上海','广州','深圳','杭州','南京','成都','武汉','西安','重庆','天津','苏州','宁波','青岛','大连','厦门','福州','长沙','郑州','济南'])[1 + n % 20]
				|| chr(19968 + (n * 2654435761 % 1500 * (n * 40503 % 1500) / 1500)::int) || chr(19968 + (n * 97003 % 1500)::int)
				|| (ARRAY['科技','贸易','电子','机械','食品','化工','建筑','物流','软件','医药','汽车','服装','能源','环保','信息','材料','网络','文化','教育','旅游'])[1 + n / 20 % 20]
				|| (ARRAY['有限公司','股份有限公司','集团','有限责任公司'])[1 + n % 4] END,
			'A-' || lpad(n::text, 7, '0'), '+86 1' || 30 + n % 69 || '-' || lpad((n * 7919 % 10000)::text, 4, '0') || '-' || lpad((n * 104729 % 10000)::text, 4, '0')
		FROM generate_series(1, 1000000::bigint) n`)
	before, built := time.Now(), []string{}
	for _, f := range []string{"name", "code", "phone"} {
		w.exec(searchIndexOf(w.space.Snapshot.Lookup("firm"), f))
		built = append(built, fmt.Sprintf("%s %s", f, time.Since(before).Round(time.Second)))
	}
	w.exec(`ANALYZE ws_main.firm`)
	b.Logf("indexes built: %v", built)
	c := w.caller("all")
	texts := []string{"科技", "有限", "集团", "北京", "上海科技", "丙丑", "丁三", "七万", "一丁 科技", "软件有限", "bloom", "berg", "acmeworks", "gmbh", "smith line", "A-0012345", "0999999", "138-1234", "2345", "北京 有限", "旅游集团", "王"}
	b.ResetTimer()
	var all []time.Duration
	slowest := map[time.Duration]string{}
	for range max(b.N, 5) {
		for _, text := range texts {
			start := time.Now()
			w.must(c, &Query{List: &List{Object: "firm", Search: text, Shape: names()}})
			took := time.Since(start)
			all, slowest[took] = append(all, took), text
		}
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*95/100].Microseconds())/1000, "p95-ms")
	for _, d := range all[len(all)*9/10:] {
		b.Logf("%v %s", d.Round(time.Millisecond), slowest[d])
	}
}

// BenchmarkAggregate compares groups over 500,000 records with SQL written by
// hand, in turns.
func BenchmarkAggregate(b *testing.B) {
	w := newWorld(b, definition())
	w.exec(`INSERT INTO ws_main.account (id, created_at, created_by, updated_at, updated_by, version, name, region, "limit", limit_code)
		SELECT gen_random_uuid(), '2020-01-01'::timestamptz + n * interval '1 min', 'system', now(), 'system', 1, 'a' || n, 'r' || n % 12, n % 1000 + 0.25, (ARRAY['EUR','CNY'])[1 + n % 2]
		FROM generate_series(1, 500000) n`)
	w.exec(`ANALYZE ws_main.account`)
	c := w.caller("all")
	region, code := GroupBy{Field: "region"}, GroupBy{Field: "limit", Part: expr.CurrencyPart}
	for _, k := range []struct {
		name string
		g    Groups
		sql  string
	}{
		{"by region and code", Groups{By: []GroupBy{region, code}, Shape: []GroupItem{key("r", 0), key("c", 1), count("n"), money("s", expr.Sum, "limit")}},
			`SELECT region, limit_code, count(*), sum("limit") FROM ws_main.account WHERE deleted_at IS NULL GROUP BY region, limit_code ORDER BY region, limit_code`},
		{"by month", Groups{By: []GroupBy{{Field: "createdAt", Bucket: Month}}, Shape: []GroupItem{key("m", 0), count("n")}},
			`SELECT date_trunc('month', created_at AT TIME ZONE 'UTC')::date, count(*) FROM ws_main.account WHERE deleted_at IS NULL GROUP BY 1 ORDER BY 1`},
		{"all", Groups{By: []GroupBy{code}, Shape: []GroupItem{key("c", 0), count("n"), money("s", expr.Sum, "limit"), money("a", expr.Mean, "limit"), money("x", expr.Most, "limit")}},
			`SELECT limit_code, count(*), sum("limit"), avg("limit"), max("limit") FROM ws_main.account WHERE deleted_at IS NULL GROUP BY 1 ORDER BY 1`},
	} {
		b.Run(k.name, func(b *testing.B) {
			var mine, hand []time.Duration
			for range max(b.N, 15) {
				start := time.Now()
				w.must(c, &Query{List: &List{Object: "account", Shape: []ListItem{{Key: "g", Kind: InGroups, Groups: &k.g}}}})
				mid := time.Now()
				w.exec(k.sql)
				mine, hand = append(mine, mid.Sub(start)), append(hand, time.Since(mid))
			}
			slices.Sort(mine)
			slices.Sort(hand)
			b.ReportMetric(float64(mine[len(mine)/2])/float64(hand[len(hand)/2]), "×hand")
			b.ReportMetric(float64(mine[len(mine)/2].Microseconds())/1000, "ms")
		})
	}
}

// searchIndexOf is the statement that makes the index of a searchable field.
func searchIndexOf(o *metadata.ObjectView, field string) string {
	f := o.Field(field)
	return fmt.Sprintf("CREATE INDEX %s ON %s.%s USING gin ((%s))", Ident(o.Table+"__"+f.Column+"__search"), Ident("ws_main"), Ident(o.Table), ddl.SearchPairs(ddl.SearchText(f, Ident)))
}
