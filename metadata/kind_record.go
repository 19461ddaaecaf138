package metadata

import (
	"cmp"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Kinds that refer to records, and those whose values come from elsewhere.
var (
	idSpec = spec{of: expr.IDType, columns: single(expr.IDType, StoredUUID), can: canSort | canGroup | canUnique | canIndex | canTitle,
		coerce: func(_ *Field, v any) (any, error) { return coerceID(v) }}
	lookupSpec = spec{of: expr.IDType, columns: single(expr.IDType, StoredUUID), settings: setTarget | setInverse | setOnDelete,
		can: canSort | canGroup | canUnique | canIndex, coerce: idSpec.coerce, complete: completeLookup}
	polymorphicSpec = spec{of: expr.RefType, columns: []layout{
		{suffix: "_object", part: expr.ObjectPart, of: expr.TextType, storage: StoredText},
		{suffix: "_id", part: expr.IDPart, of: expr.IDType, storage: StoredUUID},
	}, settings: setTargets | setInverse | setOnDelete, can: canIndex, coerce: (*Field).coerceRef, complete: completeLookup}
	manyToManySpec = spec{settings: setTarget | setLink | setInverse,
		coerce: func(_ *Field, v any) (any, error) { return coerceLinks(v) }}
	autoNumberSpec = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setNumber,
		can: canKey | canSearch, coerce: textSpec.coerce, complete: completeNumber}
	fileSpec       = spec{of: expr.FilesType, columns: single(expr.FilesType, StoredJSON), settings: setFiles, coerce: (*Field).coerceFiles, check: checkFiles}
	expressionSpec = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setExpression, can: canSearch,
		coerce: func(_ *Field, v any) (any, error) { return readText(v, maxRuleText) }}
	formulaSpec = spec{settings: setFormula | setMaxLength | setDigits, coerce: noInput}
	rollUpSpec  = spec{settings: setRollUp, coerce: noInput}
)

func coerceID(v any) (any, error) {
	switch v := v.(type) {
	case trellis.ID:
		if v.IsZero() {
			return nil, nil
		}
		return v, nil
	case string:
		if id, err := trellis.ParseID(v); err == nil {
			return id, nil
		}
	}
	return nil, invalid("must be the id of a record")
}

func noInput(f *Field, _ any) (any, error) {
	return nil, invalid("a field of the kind %s takes no value", f.Kind)
}

func completeLookup(f *Field) {
	if f.Kind == KindUser {
		f.Target = cmp.Or(f.Target, "user")
	}
	if f.OnDelete == "" || f.OnDelete == SetNull && f.Required {
		f.OnDelete = defaultOnDelete(f)
	}
}
