package bench

import (
	"context"
	"fmt"
	"io"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// searchSlug is the workspace whose firms are searched, beside the others.
const searchSlug = "search"

// firms is how many records are searched.
func (s Size) firms() int {
	if s == Full {
		return 1_000_000
	}
	return 20_000
}

// searched are the fields that a search looks through.
var searched = []string{"name", "contact", "phone", "code"}

// fillFirms makes records by SQL: company names, four in five Chinese, each with
// a person, a phone and a number. The rest of Chinese names is spread unevenly
// over 1,500 characters, so there are words of all frequencies. $1 is how many.
const fillFirms = `INSERT INTO ws_search.firm (id, created_at, created_by, updated_at, updated_by, version, name, contact, phone, code)
SELECT md5('firm' || n)::uuid, '2020-01-01'::timestamptz + n * interval '3 min', 'system', '2026-01-01', 'system', 1,
	CASE WHEN n % 5 = 0 THEN (ARRAY['Nord','Bloom','Smith','Acme','Global','Wind','Delta','River'])[1 + n / 5 * 7 % 8]
			|| (ARRAY['berg','feld','works','tech','line','soft','trade'])[1 + n / 5 * 11 % 7] || ' ' || to_hex(n * 2654435761 % 65536) || ' GmbH'
		ELSE (ARRAY['北京','上海','广州','深圳','杭州','南京','成都','武汉','西安','重庆','天津','苏州','宁波','青岛','大连','厦门','福州','长沙','郑州','济南'])[1 + n / 3 % 20]
			|| chr(19968 + (n * 2654435761 % 1500 * (n * 40503 % 1500) / 1500)::int) || chr(19968 + (n * 97003 % 1500)::int)
			|| (ARRAY['科技','贸易','电子','机械','食品','化工','建筑','物流','软件','医药','汽车','服装','能源','环保','信息','材料','网络','文化','教育','旅游'])[1 + n / 20 % 20]
			|| (ARRAY['有限公司','股份有限公司','集团','有限责任公司'])[1 + n / 7 % 4] END,
	CASE WHEN n % 4 = 0 THEN (ARRAY['Anna','Ben','Clara','David','Emma','Felix','Greta','Hans'])[1 + n / 4 % 8] || ' ' || (ARRAY['Miller','Schmidt','Dubois','Smith','Weber','Rossi','Novak'])[1 + n / 4 * 5 % 7]
		ELSE (ARRAY['王','李','张','刘','陈','杨','黄','赵','吴','周','徐','孙','马','朱','胡','郭','何','林','高','罗','欧阳'])[1 + n * 31 % 21]
			|| (ARRAY['伟','娜','敏','静','强','磊','洋','艳','勇','军','杰','娟','涛','明','超','霞','平','刚','桂英','志强','建国'])[1 + n * 17 / 21 % 21] END,
	'+86 1' || 30 + n % 69 || '-' || lpad((n * 7919 % 10000)::text, 4, '0') || '-' || lpad((n * 104729 % 10000)::text, 4, '0'),
	'A-' || lpad(n::text, 7, '0')
FROM generate_series(1, $1::bigint) n`

// searchDraft defines firms, whose fields can be searched or not yet.
func searchDraft(searchable bool) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own("firm")
		if o == nil {
			o = &metadata.Object{Name: "firm", Plural: "firms", Title: "name", Package: metadata.CustomPackage}
			for _, name := range searched {
				o.Fields = append(o.Fields, &metadata.Field{Name: name, Kind: metadata.KindText, Package: metadata.CustomPackage})
			}
			o.Fields[2].Kind = metadata.KindPhone
			d.Objects = append(d.Objects, o)
			d.Roles = append(d.Roles, &metadata.Role{Name: role, Package: metadata.CustomPackage})
			d.Policies = append(d.Policies, &metadata.Policy{Name: role, Role: role, Package: metadata.CustomPackage, Object: "*", Actions: []metadata.Action{metadata.ActionRead}})
		}
		for _, f := range o.Fields {
			f.Searchable = searchable && !f.System()
		}
		return d, nil
	}
}

// firms makes the workspace and its records, or takes it as it was left, and
// gives the key of somebody who sees them. The indexes are built by the
// catalogue, beside the records, as when an admin makes fields searchable.
func (g *Ground) firms(ctx context.Context, out io.Writer) (key string, err error) {
	v, err := g.catalog.Current(ctx, searchSlug)
	if trellis.CodeOf(err) == trellis.CodeNotFound {
		v, err = g.catalog.CreateWorkspace(ctx, searchSlug, "Search")
	}
	if err != nil {
		return "", err
	}
	if o := v.Snapshot.Lookup("firm"); o == nil || !o.Field(searched[0]).Searchable {
		if err := g.makeFirms(ctx, out); err != nil {
			return "", err
		}
	}
	r, err := g.engine.Begin(ctx, searchSlug, policy.System(v.WorkspaceID))
	if err != nil {
		return "", err
	}
	_, key, err = g.identity.CreateKey(ctx, r, "bench", role)
	return key, err
}

func (g *Ground) makeFirms(ctx context.Context, out io.Writer) error {
	if _, err := g.catalog.Apply(ctx, searchSlug, searchDraft(false), catalog.Options{Summary: "firms"}); err != nil {
		return err
	}
	fmt.Fprintf(out, "making %d firms\n", g.Size.firms())
	if _, err := g.db.Exec(ctx, "TRUNCATE ws_search.firm"); err != nil { // what an interrupted run left
		return err
	}
	if _, err := g.db.Exec(ctx, fillFirms, g.Size.firms()); err != nil {
		return err
	}
	fmt.Fprintln(out, "making their fields searchable")
	done, err := g.catalog.Apply(ctx, searchSlug, searchDraft(true), catalog.Options{Summary: "search"})
	if err == nil && done.Pending > 0 {
		err = fmt.Errorf("bench: %d indexes could not be built", done.Pending)
	}
	if err != nil {
		return err
	}
	_, err = g.db.Exec(ctx, "VACUUM ANALYZE ws_search.firm")
	return err
}
