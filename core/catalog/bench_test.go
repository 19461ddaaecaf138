package catalog_test

import (
	"fmt"
	"testing"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// BenchmarkAddField adds a field to one object of a workspace of many. The time
// must not depend on how many there are.
func BenchmarkAddField(b *testing.B) {
	for _, objects := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			c, _ := start(b)
			for from := 0; from < objects; from += 100 { // a transaction holds so many locks only
				apply(b, c, manyObjects(from, min(from+100, objects)), catalog.Options{})
			}
			for i := 0; b.Loop(); i++ {
				o := fmt.Sprintf("thing%d", i/300%objects)
				apply(b, c, addField(o, metadata.Field{Name: fmt.Sprintf("more%d", i), Kind: metadata.KindText}), catalog.Options{})
			}
		})
	}
}

// manyObjects adds objects of 20 fields with lookups among them.
func manyObjects(from, to int) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		for i := from; i < to; i++ {
			o := &metadata.Object{Name: fmt.Sprintf("thing%d", i), Plural: fmt.Sprintf("things%d", i)}
			for j := range 19 {
				o.Fields = append(o.Fields, &metadata.Field{Name: fmt.Sprintf("f%d", j), Kind: metadata.KindText})
			}
			o.Fields = append(o.Fields, &metadata.Field{Name: "next", Kind: metadata.KindLookup, Target: fmt.Sprintf("thing%d", max(0, i-1)), Inverse: fmt.Sprintf("followers%d", i)})
			o.Rules = append(o.Rules, &metadata.ValidationRule{Name: "some", Rule: `record.f1 == null || record.f1 != "x"`, Message: metadata.Texts{"en": "No x"}.Label()})
			d.Objects = append(d.Objects, o)
		}
		return d, nil
	}
}

// BenchmarkCurrent is what every request does first.
func BenchmarkCurrent(b *testing.B) {
	c, _ := start(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Current(b.Context(), "main"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
