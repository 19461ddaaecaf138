package trytontest

import (
	"context"
	"fmt"
)

// Party is one party with one address and the first of its phones and e-mails.
type Party struct {
	ID         int64
	Code, Name string
	Street     string
	City       string
	PostalCode string
	Country    string // ISO code, "" for none
	Phone      string // as somebody typed it
	Email      string
	Active     bool
}

// WithoutCountry says that the n-th generated party has no country.
func WithoutCountry(n int) bool { return n%37 == 0 }

var (
	cities = []struct{ country, city, street, postal string }{
		{"CN", "上海", "南京东路 %d 号", "200001"}, {"US", "Springfield", "%d Main Street", "62701"},
		{"CN", "深圳", "深南大道 %d 号", "518000"}, {"DE", "Köln", "Hohe Straße %d", "50667"},
		{"GB", "London", "%d Baker Street", "NW1 6XE"}, {"FR", "Lyon", "%d rue de la République", "69001"},
		{"JP", "東京", "丸の内 %d", "100-0005"}, {"SG", "Singapore", "%d Orchard Road", "238801"},
	}
	// Each takes eight digits, in two groups of four.
	phones = map[string][]string{
		"CN": {"+86 21 %s %s", "(021) %s-%s", "021%s%s", "0086-21-%s%s"},
		"US": {"+1 (217) 5%.2s-%s", "217.5%.2s.%s", "1-217-5%.2s-%s"},
		"DE": {"+49 221 %s%s", "0221 / %s %s", "(0221)%s-%s"},
		"GB": {"+44 20 %s %s", "020 %s %s", "+44 (0)20 %s %s"},
		"FR": {"+33 4 %s%s", "04.%s.%s"},
		"JP": {"+81 3 %s %s", "03-%s-%s"},
		"SG": {"+65 %s %s", "%s-%s"},
	}
	chinese = []string{"华信", "东方", "金桥", "长江", "明珠", "远大", "恒通", "新都"}
	trades  = []string{"贸易有限公司", "科技股份有限公司", "机械厂", "物流集团"}
	english = []string{"Northwind", "Blue River", "Acme", "Oakfield", "Sterling", "Harbour", "Summit", "Juniper"}
	forms   = []string{"Trading Ltd", "Technologies Inc.", "Works GmbH", "& Sons"}
)

// GenerateParties makes the n parties that begin with number from, always the
// same ones. Names are Chinese and English, phones are written in many ways.
func GenerateParties(from, n int) []Party {
	out := make([]Party, n)
	for i := range out {
		k := from + i
		at := cities[k%len(cities)]
		p := Party{
			Code: fmt.Sprintf("P%05d", k), Street: fmt.Sprintf(at.street, k%200+1), City: at.city, PostalCode: at.postal,
			Country: at.country, Email: fmt.Sprintf("info@party%d.example", k), Active: true,
		}
		if at.country == "CN" {
			p.Name = fmt.Sprintf("%s%s %d", chinese[k%len(chinese)], trades[k/8%len(trades)], k)
		} else {
			p.Name = fmt.Sprintf("%s %s %d", english[k%len(english)], forms[k/8%len(forms)], k)
		}
		forms := phones[at.country]
		p.Phone = fmt.Sprintf(forms[k/8%len(forms)], fmt.Sprintf("%04d", k*7919%10000), fmt.Sprintf("%04d", k*104729%10000))
		if WithoutCountry(k) {
			p.Country = ""
		}
		out[i] = p
	}
	return out
}

// CreateParties creates parties, 200 in a transaction, and returns their ids in
// order.
func (s *Server) CreateParties(ctx context.Context, parties []Party) ([]int64, error) {
	countries, err := s.countryIDs(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]any, len(parties))
	for i, p := range parties {
		address := map[string]any{"street": p.Street, "city": p.City, "postal_code": p.PostalCode}
		if p.Country != "" {
			id, ok := countries[p.Country]
			if !ok {
				return nil, fmt.Errorf("there is no country %s", p.Country)
			}
			address["country"] = id
		}
		var contacts []any
		for _, c := range [][2]string{{"phone", p.Phone}, {"email", p.Email}} {
			if c[1] != "" {
				contacts = append(contacts, map[string]any{"type": c[0], "value": c[1]})
			}
		}
		records[i] = map[string]any{
			"code": p.Code, "name": p.Name, "active": p.Active,
			"addresses": []any{[]any{"create", []any{address}}}, "contact_mechanisms": []any{[]any{"create", contacts}},
		}
	}
	return s.create(ctx, "party.party", records)
}

// RenameParty changes the party's own row.
func (s *Server) RenameParty(ctx context.Context, id int64, name string) error {
	return s.write(ctx, "party.party", id, map[string]any{"name": name})
}

// ArchiveParty hides the party from lists, or shows it again.
func (s *Server) ArchiveParty(ctx context.Context, id int64, archived bool) error {
	return s.write(ctx, "party.party", id, map[string]any{"active": !archived})
}

// SetPartyPhone changes the party's first phone and leaves the party's own row
// untouched.
func (s *Server) SetPartyPhone(ctx context.Context, id int64, phone string) error {
	return s.writeChild(ctx, "party.contact_mechanism", []any{[]any{"party", "=", id}, []any{"type", "=", "phone"}}, map[string]any{"value": phone})
}

// SetPartyCity changes the party's first address and leaves the party's own row
// untouched. The country is a code, "" for none.
func (s *Server) SetPartyCity(ctx context.Context, id int64, city, country string) error {
	countries, err := s.countryIDs(ctx)
	if err != nil {
		return err
	}
	values := map[string]any{"city": city, "country": nil}
	if country != "" {
		values["country"] = countries[country]
	}
	return s.writeChild(ctx, "party.address", []any{[]any{"party", "=", id}}, values)
}

// DeleteParty deletes the party without a trace.
func (s *Server) DeleteParty(ctx context.Context, id int64) error {
	return s.Call(ctx, "model.party.party.delete", nil, []int64{id}, map[string]any{})
}

func (s *Server) countryIDs(ctx context.Context) (map[string]int64, error) {
	var rows []struct {
		ID   int64
		Code string
	}
	err := s.Call(ctx, "model.country.country.search_read", &rows, []any{}, 0, nil, nil, []string{"code"}, map[string]any{})
	if err != nil {
		return nil, err
	}
	ids := map[string]int64{}
	for _, r := range rows {
		ids[r.Code] = r.ID
	}
	return ids, nil
}

// create creates records, 200 in a transaction.
func (s *Server) create(ctx context.Context, model string, records []any) ([]int64, error) {
	const chunk = 200
	var all []int64
	for len(records) > 0 {
		n := min(chunk, len(records))
		var ids []int64
		if err := s.Call(ctx, "model."+model+".create", &ids, records[:n], map[string]any{}); err != nil {
			return all, err
		}
		all, records = append(all, ids...), records[n:]
	}
	return all, nil
}

func (s *Server) write(ctx context.Context, model string, id int64, values map[string]any) error {
	return s.Call(ctx, "model."+model+".write", nil, []int64{id}, values, map[string]any{})
}

func (s *Server) writeChild(ctx context.Context, model string, domain []any, values map[string]any) error {
	var ids []int64
	err := s.Call(ctx, "model."+model+".search", &ids, domain, 0, 1, []any{[]any{"sequence", "ASC NULLS FIRST"}, []any{"id", "ASC"}}, map[string]any{})
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return fmt.Errorf("there is no %s that fits %v", model, domain)
	}
	return s.write(ctx, model, ids[0], values)
}
