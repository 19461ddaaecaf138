package tryton

import (
	"regexp"
	"slices"
	"strings"

	"github.com/trellishq/trellis/connectors"
)

// stream is a model with the fields to read of it.
type stream struct {
	model   string // also the name of the stream
	label   connectors.Text
	builtIn bool
	fields  []string // with dots across relations
	// watch are relations whose records count as part of this one: when the date
	// of one of them moves, this one is read again.
	watch []string
	// derive adds values that are handy in a mapping, and their description.
	derive  func(map[string]any)
	derived []connectors.Field
}

// builtIn are the streams that every connection has.
func builtIn() []stream {
	return []stream{
		{
			model: "party.party", label: connectors.Text{EN: "Parties", ZH: "业务伙伴"}, builtIn: true,
			fields: []string{
				"name", "code", "active", "lang.code",
				"addresses.name", "addresses.street", "addresses.city", "addresses.postal_code", "addresses.country.code", "addresses.active",
				"contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms.active",
			},
			watch:  []string{"addresses", "addresses.country", "contact_mechanisms"},
			derive: deriveParty, derived: partyFields,
		},
		{
			model: "party.address", label: connectors.Text{EN: "Addresses", ZH: "地址"}, builtIn: true,
			fields: []string{"party", "name", "street", "city", "postal_code", "country.code", "active", "sequence"},
			watch:  []string{"country"},
		},
		{
			model: "party.contact_mechanism", label: connectors.Text{EN: "Contact mechanisms", ZH: "联系方式"}, builtIn: true,
			fields: []string{"party", "type", "value", "name", "comment", "active", "sequence"},
		},
		{
			model: "product.product", label: connectors.Text{EN: "Products", ZH: "产品"}, builtIn: true,
			fields: []string{
				"name", "code", "description", "type", "active", "list_price", "template", "default_uom.symbol", "default_uom.name",
			},
			// Name and price live in the template and in a table of prices.
			watch: []string{"template", "template.list_prices", "default_uom"},
		},
	}
}

var (
	modelName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	fieldName = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){0,3}$`)
)

const maxFields = 200

// streamsOf joins the built-in streams with those of the setting "models".
func streamsOf(lines []string) ([]stream, error) {
	streams := builtIn()
	for _, line := range lines {
		model, list, ok := strings.Cut(line, ":")
		model = strings.TrimSpace(model)
		if !ok || !modelName.MatchString(model) {
			return nil, connectors.ConfigError("models", "%.80q is not of the form model: field, field", line)
		}
		var fields []string
		for f := range strings.SplitSeq(list, ",") {
			f = strings.TrimSpace(f)
			if !fieldName.MatchString(f) {
				return nil, connectors.ConfigError("models", "%s: %.80q is not the name of a field", model, f)
			}
			fields = append(fields, f)
		}
		if len(fields) > maxFields {
			return nil, connectors.ConfigError("models", "%s: more than %d fields", model, maxFields)
		}
		i := slices.IndexFunc(streams, func(s stream) bool { return s.model == model })
		if i < 0 {
			streams = append(streams, stream{model: model, label: connectors.Text{EN: model}})
			i = len(streams) - 1
		}
		streams[i].add(fields)
	}
	return streams, nil
}

// add takes in more fields; a relation that is followed is watched.
func (s *stream) add(fields []string) {
	for _, f := range fields {
		s.fields = union(s.fields, f)
		for i := range f {
			if f[i] == '.' {
				s.watch = union(s.watch, f[:i])
			}
		}
	}
}

func union(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (s *stream) describe(sh *shape) connectors.Stream {
	fields := append(sh.describe(), s.derived...)
	fields = append(fields,
		connectors.Field{Name: "id", Kind: connectors.FieldText, Label: connectors.Text{EN: "ID", ZH: "编号"}},
		connectors.Field{Name: stampField, Kind: connectors.FieldText, Label: connectors.Text{EN: "Version", ZH: "版本"}},
	)
	slices.SortFunc(fields, func(a, b connectors.Field) int { return compare(a.Name, b.Name) })
	return connectors.Stream{Name: s.model, Label: s.label, Fields: fields}
}

func compare(a, b string) int { return strings.Compare(a, b) }

var partyFields = []connectors.Field{
	{Name: "phone", Kind: connectors.FieldText, Label: connectors.Text{EN: "Phone", ZH: "电话"}},
	{Name: "mobile", Kind: connectors.FieldText, Label: connectors.Text{EN: "Mobile", ZH: "手机"}},
	{Name: "email", Kind: connectors.FieldText, Label: connectors.Text{EN: "E-mail", ZH: "电子邮件"}},
	{Name: "website", Kind: connectors.FieldText, Label: connectors.Text{EN: "Website", ZH: "网站"}},
	{Name: "street", Kind: connectors.FieldText, Label: connectors.Text{EN: "Street", ZH: "街道"}},
	{Name: "city", Kind: connectors.FieldText, Label: connectors.Text{EN: "City", ZH: "城市"}},
	{Name: "postal_code", Kind: connectors.FieldText, Label: connectors.Text{EN: "Postal code", ZH: "邮政编码"}},
	{Name: "country", Kind: connectors.FieldText, Label: connectors.Text{EN: "Country code", ZH: "国家代码"}},
}

// deriveParty adds the first active phone, mobile, e-mail and website, and the
// parts of the first active address, in Tryton's own order. Tryton's function
// fields of these names do not leave archived ones out.
func deriveParty(data map[string]any) {
	for _, f := range partyFields {
		data[f.Name] = nil
	}
	for _, m := range active(data["contact_mechanisms"]) {
		kind, _ := m["type"].(string)
		if kind == "phone" || kind == "mobile" || kind == "email" || kind == "website" {
			if data[kind] == nil {
				data[kind] = m["value"]
			}
		}
	}
	if addresses := active(data["addresses"]); len(addresses) > 0 {
		a := addresses[0]
		data["street"], data["city"], data["postal_code"] = a["street"], a["city"], a["postal_code"]
		if country, ok := a["country"].(map[string]any); ok {
			data["country"] = country["code"]
		}
	}
}

func active(v any) []map[string]any {
	var out []map[string]any
	list, _ := v.([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && m["active"] == true {
			out = append(out, m)
		}
	}
	return out
}
