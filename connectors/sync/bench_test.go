package sync_test

import (
	"fmt"
	"testing"

	"github.com/trellishq/trellis/core"
)

const benchRecords = 20_000

// BenchmarkPull takes over 20,000 simple records in batches of 1,000;
// BenchmarkBulk writes the same through the engine alone; BenchmarkReread reads
// them again unchanged.
func BenchmarkPull(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		l := newLab(b, labOptions{page: 1000})
		l.shop.fill(benchRecords)
		c := l.connect(customers, "integration")
		b.StartTimer()
		l.done(c, benchRecords, benchRecords)
	}
	b.ReportMetric(benchRecords*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkReread(b *testing.B) {
	l := newLab(b, labOptions{page: 1000})
	l.shop.fill(benchRecords)
	c := l.connect(customers, "integration")
	l.done(c, benchRecords, benchRecords)
	for b.Loop() {
		if _, err := l.db.Exec(b.Context(), `UPDATE trellis.sync_checkpoint SET cursor = ''`); err != nil {
			b.Fatal(err)
		}
		l.done(c, benchRecords, 0)
	}
	b.ReportMetric(benchRecords*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkBulk(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		l := newLab(b, labOptions{})
		ops := make([]core.Op, benchRecords)
		for i := range ops {
			ops[i] = core.Op{Verb: core.Upsert, Key: []string{"code"}, Object: "account", Values: map[string]any{"code": fmt.Sprintf("A%05d", i), "name": fmt.Sprintf("Customer %d", i), "annualRevenue": fmt.Sprintf("%d.50", i)}}
		}
		b.StartTimer()
		if _, err := l.engine.Bulk(b.Context(), l.root, ops, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchRecords*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
