package metadata

import (
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

var addressSpec = spec{
	of: expr.AddressType,
	columns: []layout{
		textPart("_country", expr.CountryPart), textPart("_region", expr.RegionPart), textPart("_city", expr.CityPart),
		textPart("_district", expr.DistrictPart), textPart("_street", expr.StreetPart), textPart("_postal_code", expr.PostalCodePart),
	},
	// By country, region and city: more would not fit into an index.
	keyed:    3,
	settings: setDefault, can: canIndex,
	coerce: func(_ *Field, v any) (any, error) { return coerceAddress(v) },
}

// textPart is the column of a part that is text.
func textPart(suffix string, part expr.Part) layout {
	return layout{suffix: suffix, part: part, of: expr.TextType, storage: StoredText}
}

// addressLengths are the most characters of the parts.
var addressLengths = map[string]int{"country": 2, "region": 100, "city": 100, "district": 100, "street": 500, "postalCode": 20}

// coerceAddress reads an object of parts, or its JSON text.
func coerceAddress(v any) (any, error) {
	if a, ok := v.(expr.Address); ok {
		v = map[string]any{"country": a.Country, "region": a.Region, "city": a.City, "district": a.District, "street": a.Street, "postalCode": a.PostalCode}
	}
	parts, err := readParts(expr.AddressType, v, addressLengths)
	if err != nil {
		return nil, err
	}
	a := expr.Address{
		Country: strings.ToUpper(parts["country"]), Region: parts["region"], City: parts["city"],
		District: parts["district"], Street: parts["street"], PostalCode: parts["postalCode"],
	}
	if a.Country != "" && !countries[a.Country] {
		return nil, invalid("needs a country code of ISO 3166-1, like NL or CN")
	}
	if a == (expr.Address{}) {
		return nil, nil
	}
	return a, nil
}

// readParts reads the parts of a composite of texts: an object, or its JSON
// text. What is empty is "".
func readParts(t expr.Type, v any, lengths map[string]int) (map[string]string, error) {
	if s, ok := v.(string); ok {
		var err error
		if v, err = parseJSON([]byte(s)); err != nil {
			return nil, invalid("needs its parts: %s", listed(partNames(t)))
		}
	}
	given, ok := v.(map[string]any)
	if !ok {
		return nil, invalid("needs its parts: %s", listed(partNames(t)))
	}
	if err := onlyParts(t, given); err != nil {
		return nil, err
	}
	out := make(map[string]string, len(given))
	for _, name := range partNames(t) {
		if given[name] == nil || given[name] == "" {
			continue
		}
		s, err := readText(given[name], lengths[name])
		if err != nil {
			return nil, invalid("has a %s that %s", name, sentence(err))
		}
		out[name] = s
	}
	return out, nil
}

func partNames(t expr.Type) []string {
	var names []string
	for _, p := range t.Parts() {
		names = append(names, p.Name)
	}
	return names
}

// countries are the codes of ISO 3166-1, two letters each.
var countries = words(`
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
	CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
	GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
	KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
	MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
	SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
	UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`)
