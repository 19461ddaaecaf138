package expr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis/metadata/expr"
)

var thing = expr.MapSchema{"thing": {Name: "thing", Fields: expr.Table(map[string]*expr.Field{
	"id":     {Name: "id", Type: expr.IDType},
	"total":  {Name: "total", Type: expr.MoneyType, Nullable: true},
	"place":  {Name: "place", Type: expr.GeoPointType, Nullable: true},
	"home":   {Name: "home", Type: expr.AddressType, Nullable: true},
	"buyer":  {Name: "buyer", Type: expr.PersonNameType, Nullable: true},
	"about":  {Name: "about", Type: expr.RefType, Nullable: true},
	"extra":  {Name: "extra", Type: expr.JSONType, Nullable: true},
	"opens":  {Name: "opens", Type: expr.TimeOfDayType, Nullable: true},
	"effort": {Name: "effort", Type: expr.DurationType, Nullable: true},
	"tags":   {Name: "tags", Type: expr.TextListType, Nullable: true},
})}}

// A rule about parts means the same in process and as a tree.
func TestPartsInRules(t *testing.T) {
	t.Parallel()
	engine := expr.New(thing)
	opens, _ := expr.ParseTimeOfDay("09:30")
	full := expr.MapRecord{
		"total": expr.Money{Amount: expr.MustDecimal("2"), Currency: "EUR"}, "place": expr.GeoPoint{Lat: expr.MustDecimal("1.5"), Lng: expr.MustDecimal("2")},
		"home": expr.Address{Country: "NL", City: "Delft"}, "buyer": expr.PersonName{Full: "Ada Lovelace", Family: "Lovelace"},
		"opens": opens, "effort": 90 * time.Minute, "tags": []string{"a"},
	}
	for src, want := range map[string]bool{
		`record.home.city == "Delft" && record.home.region == null`:                               true,
		`has(record.home.city) && !has(record.home.region)`:                                       true,
		`record.place.lat > 1 && record.place.lng == 2`:                                           true,
		`record.buyer == "Ada Lovelace"`:                                                          true,
		`record.buyer.startsWith("Ada")`:                                                          true,
		`record.buyer.family != "Lovelace"`:                                                       false,
		`record.home != null && record.about == null`:                                             true,
		`has(record.extra)`:                                                                       false,
		`record.about.object == null`:                                                             true,
		`record.total > 1 && record.total.currency == "EUR"`:                                      true,
		`record.opens < "10:00"`:                                                                  true,
		`record.opens == time("09:30:00")`:                                                        true,
		`record.effort == duration("1h30m")`:                                                      true,
		`record.effort < duration("5400000001us") && record.effort > duration("5399999999999ns")`: true,
		`"a" in record.tags && !("b" in record.tags)`:                                             true,
	} {
		rule, err := engine.Compile("thing", src, expr.Row)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		vars := expr.Vars{Record: full, Now: time.Unix(0, 0)}
		p, err := rule.Predicate(vars)
		if err != nil || expr.Holds(p, full) != want {
			t.Errorf("%s as a tree: %v, %v", src, p, err)
		}
		if got, err := rule.Eval(t.Context(), vars); err != nil || got != want {
			t.Errorf("%s in process: %v, %v", src, got, err)
		}
	}
	for src, want := range map[string]string{
		`record.home.town == "x"`:      "home has country, region, city, district, street and postalCode, no",
		`record.home == record.home`:   "can only be compared with null",
		`record.place in [null]`:       "cannot be an element",
		`record.extra.a == 1`:          "has no field",
		`record.opens == "25:00"`:      "this always fails",
		`record.home < record.home`:    "",
		`record.opens + record.effort`: "",
	} {
		if _, err := engine.Compile("thing", src, expr.Row); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused with %v, want %q", src, err, want)
		}
	}
}
