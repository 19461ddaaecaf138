package tryton

import "github.com/trellishq/trellis/connectors"

// kinds maps Tryton's types of fields; what is not here is FieldAny.
var kinds = map[string]connectors.FieldKind{
	"char": connectors.FieldText, "text": connectors.FieldText, "fullText": connectors.FieldText, "reference": connectors.FieldText,
	"boolean": connectors.FieldBoolean, "integer": connectors.FieldInteger, "biginteger": connectors.FieldInteger,
	"numeric": connectors.FieldDecimal, "float": connectors.FieldDecimal, "timedelta": connectors.FieldDecimal,
	"date": connectors.FieldDate, "time": connectors.FieldTime,
	"datetime": connectors.FieldDateTime, "timestamp": connectors.FieldDateTime,
	"selection": connectors.FieldSelect, "binary": connectors.FieldBinary,
	"many2one": connectors.FieldLink, "one2one": connectors.FieldLink,
	"one2many": connectors.FieldList, "many2many": connectors.FieldList, "multiselection": connectors.FieldList,
	"dict": connectors.FieldMap,
}

// describe lists the fields of the records of a shape.
func (sh *shape) describe() []connectors.Field {
	out := make([]connectors.Field, 0, len(sh.fields))
	for name, f := range sh.fields {
		d := connectors.Field{Name: name, Kind: kinds[f.kind], Label: connectors.Text{EN: f.label}, Options: f.options}
		switch {
		case d.Kind == "":
			d.Kind = connectors.FieldAny
		case d.Kind == connectors.FieldLink && f.sub != nil:
			d.Kind = connectors.FieldMap
		case d.Kind == connectors.FieldLink:
			d.To = f.relation
		}
		out = append(out, d)
	}
	return out
}
