package expr

import (
	"strings"

	"cel.dev/cel-go/common/types"

	"github.com/trellishq/trellis"
)

// PartOf describes one part of a composite type.
type PartOf struct {
	Part Part
	Name string // in expressions and in every API
	Type Type
	// Optional parts may be empty while the whole is not.
	Optional bool
	// Main is set for the part that stands for the whole where a single value is
	// asked for: the amount of a Money, the full form of a PersonName.
	Main bool
}

// composites are the types of several parts. The names are unique over all of
// them.
var composites = map[Type][]PartOf{
	MoneyType: {
		{Part: AmountPart, Name: "amount", Type: DecimalType, Main: true},
		{Part: CurrencyPart, Name: "currency", Type: TextType},
	},
	GeoPointType: {
		{Part: LatPart, Name: "lat", Type: DecimalType},
		{Part: LngPart, Name: "lng", Type: DecimalType},
	},
	AddressType: {
		{Part: CountryPart, Name: "country", Type: TextType, Optional: true},
		{Part: RegionPart, Name: "region", Type: TextType, Optional: true},
		{Part: CityPart, Name: "city", Type: TextType, Optional: true},
		{Part: DistrictPart, Name: "district", Type: TextType, Optional: true},
		{Part: StreetPart, Name: "street", Type: TextType, Optional: true},
		{Part: PostalCodePart, Name: "postalCode", Type: TextType, Optional: true},
	},
	PersonNameType: {
		{Part: FullPart, Name: "full", Type: TextType, Main: true},
		{Part: FamilyPart, Name: "family", Type: TextType, Optional: true},
		{Part: GivenPart, Name: "given", Type: TextType, Optional: true},
	},
	RefType: {
		{Part: ObjectPart, Name: "object", Type: TextType},
		{Part: IDPart, Name: "id", Type: IDType},
	},
}

// Parts are the parts of a composite type, in the order of their columns and of
// their JSON form; none of any other type. The slice must not be changed.
func (t Type) Parts() []PartOf { return composites[t] }

// part finds a part by its name.
func (t Type) part(name string) (PartOf, bool) {
	for _, p := range t.Parts() {
		if p.Name == name {
			return p, true
		}
	}
	return PartOf{}, false
}

// describe finds a part of the type.
func (t Type) describe(part Part) (PartOf, bool) {
	for _, p := range t.Parts() {
		if p.Part == part {
			return p, true
		}
	}
	return PartOf{}, false
}

// main is the part that stands for the whole.
func (t Type) main() (PartOf, bool) {
	for _, p := range t.Parts() {
		if p.Main {
			return p, true
		}
	}
	return PartOf{}, false
}

// partNames are for messages: "lat and lng".
func (t Type) partNames() []string {
	var names []string
	for _, p := range t.Parts() {
		names = append(names, p.Name)
	}
	return names
}

// PartValue is a part of a composite value: nil for a part that is empty, and of
// nil. Of a value of any other type, and for Whole, it is the value itself.
func PartValue(v any, part Part) any {
	if part == Whole {
		return v
	}
	switch v := v.(type) {
	case Money:
		if part == CurrencyPart {
			return v.Currency
		}
		return decimalOrNull(v.Amount)
	case GeoPoint:
		if part == LngPart {
			return decimalOrNull(v.Lng)
		}
		return decimalOrNull(v.Lat)
	case Address:
		return textOrNull(v.part(part))
	case PersonName:
		return textOrNull(v.part(part))
	case Ref:
		if part == ObjectPart {
			return v.Object
		}
		return v.ID
	}
	return v
}

func decimalOrNull(d *Decimal) any {
	if d == nil {
		return nil
	}
	return d
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (a Address) part(p Part) string {
	switch p {
	case CountryPart:
		return a.Country
	case RegionPart:
		return a.Region
	case CityPart:
		return a.City
	case DistrictPart:
		return a.District
	case StreetPart:
		return a.Street
	case PostalCodePart:
		return a.PostalCode
	}
	return ""
}

func (n PersonName) part(p Part) string {
	switch p {
	case FamilyPart:
		return n.Family
	case GivenPart:
		return n.Given
	}
	return n.Full
}

// Names that the rewriter puts into a checked expression and that nobody can
// write, since # is not part of CEL's names.
const (
	idSuffix   = "#id" // of a lookup
	partSuffix = "#."  // of a part of a composite, before its name
)

// column is the name of a part's column in a checked expression.
func (p PartOf) column(field string) string { return field + partSuffix + p.Name }

// fieldName splits a field of a checked expression from the part it means.
func fieldName(name string) (string, Part) {
	if f, ok := strings.CutSuffix(name, idSuffix); ok {
		return f, Whole
	}
	f, part, ok := strings.Cut(name, partSuffix)
	if !ok {
		return name, Whole
	}
	return f, partsByName[part]
}

var partsByName = func() map[string]Part {
	all := map[string]Part{}
	for _, parts := range composites {
		for _, p := range parts {
			all[p.Name] = p.Part
		}
	}
	return all
}()

// celPart is the checker's type of a part.
func celPart(p PartOf) *types.Type { return celType(p.Type) }

// partMap is a composite value as expressions see it beside a remote record: a
// map of its parts that are not empty.
func partMap(v any) map[string]any {
	out := map[string]any{}
	for t, parts := range composites {
		if !isComposite(t, v) {
			continue
		}
		for _, p := range parts {
			if part := PartValue(v, p.Part); part != nil {
				out[p.Name] = part
			}
		}
	}
	return out
}

// FromParts makes a composite value of its parts, in the order of Type.Parts:
// nil when every part is nil, or one without which there is no value.
func FromParts(t Type, parts []any) any {
	if len(parts) != len(t.Parts()) {
		return nil
	}
	for i, p := range t.Parts() {
		if parts[i] == nil && !p.Optional {
			return nil
		}
	}
	text := func(i int) string { s, _ := parts[i].(string); return s }
	decimal := func(i int) *Decimal { d, _ := parts[i].(*Decimal); return d }
	switch t {
	case MoneyType:
		return Money{Amount: decimal(0), Currency: text(1)}
	case GeoPointType:
		return GeoPoint{Lat: decimal(0), Lng: decimal(1)}
	case AddressType:
		a := Address{text(0), text(1), text(2), text(3), text(4), text(5)}
		if a == (Address{}) {
			return nil
		}
		return a
	case PersonNameType:
		return PersonName{Full: text(0), Family: text(1), Given: text(2)}
	case RefType:
		id, _ := parts[1].(trellis.ID)
		return Ref{Object: text(0), ID: id}
	}
	return nil
}
