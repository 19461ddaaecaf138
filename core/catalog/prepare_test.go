package catalog

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/trellishq/trellis/metadata"
)

// BenchmarkPrepare is the part of adding a field that needs no database.
func BenchmarkPrepare(b *testing.B) {
	for _, objects := range []int{10, 100, 1000, 2000} {
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			def := &metadata.Definition{}
			for i := range objects {
				o := &metadata.Object{Name: fmt.Sprintf("thing%d", i), Plural: fmt.Sprintf("things%d", i)}
				for j := range 19 {
					o.Fields = append(o.Fields, &metadata.Field{Name: fmt.Sprintf("f%d", j), Kind: metadata.KindText})
				}
				o.Fields = append(o.Fields, &metadata.Field{Name: "next", Kind: metadata.KindLookup, Target: fmt.Sprintf("thing%d", max(0, i-1)), Inverse: fmt.Sprintf("followers%d", i)})
				o.Rules = append(o.Rules, &metadata.ValidationRule{Name: "some", Rule: `record.f1 == null || record.f1 != "x"`, Message: metadata.Texts{"en": "No x"}.Label()})
				def.Objects = append(def.Objects, o)
			}
			metadata.Normalize(def, nil)
			v := &View{Schema: "ws_main", Snapshot: metadata.New(def, 1), Revision: 1}
			began, n := cpu(), 0
			for ; b.Loop(); n++ {
				next, err := prepare(v, func(d *metadata.Definition) (*metadata.Definition, error) {
					o := d.Own("thing5")
					o.Fields = append(o.Fields, &metadata.Field{Name: "more", Kind: metadata.KindText})
					return d, nil
				})
				if err != nil {
					b.Fatal(err)
				}
				if put, gone := difference(def, next.def); len(put) != 1 || len(gone) != 0 {
					b.Fatalf("%d rows to write, %d to remove", len(put), len(gone))
				}
				v.next(next.def, 2, 1)
			}
			b.ReportMetric(float64((cpu()-began).Nanoseconds())/float64(n), "cpu-ns/op")
		})
	}
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
