package graphql_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// TestQueriesWhileFieldsAreAdded runs reads and writes of several roles while
// the metadata changes under them: none fails, and the first request after a
// change has returned sees the field.
func TestQueriesWhileFieldsAreAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, c := range [][2]string{
		{"boss", `{ accounts { totalCount nodes { name orders { nodes { number lines { nodes { product } } } } } } }`},
		{"clerk", `{ accounts { totalCount nodes { name } } __schema { types { name fields { name } } } }`},
		{"boss", `mutation { createAccount(input: {name: "busy"}) { record { name } errors { code } } }`},
	} {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, body := w.send(c[0], c[1], nil); strings.Contains(body, `"errors":[{`) {
					t.Errorf("%s: %s", c[1], body)
					return
				}
			}
		})
	}
	for i := range 8 {
		name := fmt.Sprintf("extra%d", i)
		_, err := w.catalog.Apply(t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
			o := d.Own("account")
			o.Fields = append(o.Fields, &metadata.Field{Name: name, Kind: metadata.KindInteger, Package: metadata.CustomPackage})
			return d, nil
		}, catalog.Options{})
		if err != nil {
			t.Error(err)
			break
		}
		if _, body := w.send("boss", `{ accounts(first: 1, filter: {`+name+`: {isNull: true}}) { nodes { `+name+` } } }`, nil); strings.Contains(body, `"errors"`) {
			t.Errorf("%s is not there yet: %s", name, body)
		}
	}
	close(done)
	wg.Wait()
}
