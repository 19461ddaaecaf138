package graphql

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// TestNamesAreThoseOfClaiming compares names, made one by one, with claiming
// them all in order, over objects made to collide.
func TestNamesAreThoseOfClaiming(t *testing.T) {
	t.Parallel()
	words := []string{"order", "orderFilter", "orderInput", "orderListFilter", "money", "moneyFilter", "orders", "orderStatus", "orderStatusFilter", "createOrder", "batch", "nothing", "date", "key", "orderKey", "line", "orderLine", "orderConnection", "pageInfo"}
	fields := []string{"status", "statusFilter", "statusFilterFilter", "filter", "listFilter", "key", "input", "line", "lineStatus", "filterStatus", "connection"}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		def := &metadata.Definition{}
		plurals := map[string]bool{}
		for _, name := range words {
			plural := name + "s"
			if r.IntN(3) == 0 {
				plural = words[r.IntN(len(words))]
			}
			if r.IntN(2) == 0 || plurals[plural] {
				continue
			}
			plurals[plural] = true
			o := &metadata.Object{Name: name, Plural: plural}
			for _, f := range fields {
				if r.IntN(2) == 0 {
					o.Fields = append(o.Fields, &metadata.Field{Name: f, Kind: metadata.KindSelect, Options: []*metadata.Option{{Name: "a"}}})
				}
			}
			def.Objects = append(def.Objects, o)
		}
		snap := metadata.New(def, 1)
		want := claimed(snap)
		for _, o := range snap.Names() {
			got := names{snap}.of(snap.Lookup(o))
			got.bent = ""
			if !reflect.DeepEqual(got, want[o]) {
				t.Fatalf("seed %d: %s is named\n%+v, want\n%+v", seed, o, got, want[o])
			}
			for _, name := range typeNames(got) {
				if !slices.Contains(names{snap}.typeOwners(name), snap.Lookup(o)) {
					t.Fatalf("seed %d: nobody would look for %s with %s", seed, name, o)
				}
			}
			for _, name := range fieldNames(got) {
				if !slices.Contains(names{snap}.fieldOwners(name), snap.Lookup(o)) {
					t.Fatalf("seed %d: nobody would look for the field %s with %s", seed, name, o)
				}
			}
		}
	}
}

func typeNames(n *objectNames) []string {
	all := []string{n.typ}
	for _, d := range derivedTypes {
		all = append(all, *d.name(n))
	}
	for _, e := range n.enums.All() {
		all = append(all, e.values, e.filter)
	}
	return all
}

func fieldNames(n *objectNames) []string {
	all := []string{n.one, n.many}
	for _, m := range mutationFields {
		all = append(all, *m.name(n))
	}
	return all
}

// claims are names that are taken.
type claims map[string]bool

func (c claims) take(name string) string {
	for c[name] {
		name += "_"
	}
	c[name] = true
	return name
}

// claimed names all objects in turn: what names must come to.
func claimed(snap *metadata.Snapshot) map[string]*objectNames {
	taken := func(list []string) claims {
		c := claims{}
		for _, name := range list {
			c[name] = true
		}
		return c
	}
	types, roots, mutations := taken(fixedTypes), taken(fixedRoots), taken(fixedMutations)
	all := map[string]*objectNames{}
	for _, name := range snap.Names() {
		all[name] = &objectNames{typ: types.take(pascal(name)), one: roots.take(name)}
	}
	for _, name := range snap.Names() {
		o, n := snap.Lookup(name), all[name]
		n.many = roots.take(o.Plural)
		for _, d := range derivedTypes {
			*d.name(n) = types.take(n.typ + d.suffix)
		}
		enums := map[string]enumNames{}
		for _, f := range o.All {
			if hasTypes(f) {
				enums[f.Name] = enumNames{types.take(n.typ + pascal(f.Name)), types.take(n.typ + pascal(f.Name) + "Filter")}
			}
		}
		n.enums = expr.Table(enums)
		for _, m := range mutationFields {
			if m.plural {
				*m.name(n) = mutations.take(m.prefix + pascal(o.Plural))
			} else {
				*m.name(n) = mutations.take(m.prefix + n.typ)
			}
		}
	}
	return all
}

func ExampleSchema_names() {
	snap := metadata.New(&metadata.Definition{Objects: []*metadata.Object{{Name: "order", Plural: "orders"}, {Name: "orderFilter", Plural: "orderFilters"}}}, 1)
	fmt.Println(names{snap}.of(snap.Lookup("order")).filter)
	// Output: OrderFilter_
}
