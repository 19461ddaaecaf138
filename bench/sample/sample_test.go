package sample_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/bench/sample"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/metadata/expr"
)

// day is the last of the data; tests must not depend on today.
var day = expr.DateOf(time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC))

func options(seed uint64, scale float64) sample.Options {
	return sample.Options{Seed: seed, Size: sample.Scale(scale), Day: day}
}

// bytesOf is a hash of everything that is made.
func bytesOf(t *testing.T, o sample.Options) string {
	t.Helper()
	h := sha256.New()
	made := 0
	report, err := sample.Generate(o, func(ops []core.Op) error {
		made += len(ops)
		return json.NewEncoder(h).Encode(ops)
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Records != made {
		t.Errorf("%d records were made, the report says %d", made, report.Records)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	first := bytesOf(t, options(1, 0.01))
	if again := bytesOf(t, options(1, 0.01)); again != first {
		t.Error("the same seed makes other records")
	}
	if other := bytesOf(t, options(2, 0.01)); other == first {
		t.Error("another seed makes the same records")
	}
}

// TestShape holds the shares that the data promises, and that a record comes
// after what it refers to.
func TestShape(t *testing.T) {
	t.Parallel()
	n, pooled := map[string]int{}, 0
	seen := map[trellis.ID]bool{}
	var last trellis.ID
	report, err := sample.Generate(options(3, 0.1), func(ops []core.Op) error {
		for _, op := range ops {
			if op.ID.String() <= last.String() {
				return fmt.Errorf("%s does not come after %s", op.ID, last)
			}
			last, seen[op.ID] = op.ID, true
			if n[op.Object]++; op.Values["poolState"] == "inPool" && op.Object == "account" {
				pooled++
			}
			for field, v := range op.Values {
				if id, ok := v.(trellis.ID); ok && !seen[id] {
					return fmt.Errorf("%s.%s refers to what is not there", op.Object, field)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n["pooled"], n["duplicates"], n["unmatched"] = pooled, len(report.Duplicates), len(report.Unmatched)
	for what, want := range map[string][2]int{
		"legalEntity": {3, 3}, "employee": {40, 40}, "pool": {8, 8}, "account": {2000, 2000}, "contact": {6000, 6000}, "opportunity": {10_000, 10_000}, "order": {8000, 8000}, "orderLine": {22_000, 26_000},
		"invoice": {6500, 9000}, "payment": {5500, 9500}, "pooled": {180, 300}, "duplicates": {40, 80}, "unmatched": {150, 450},
	} {
		if n[what] < want[0] || n[what] > want[1] {
			t.Errorf("%d of %s, want %v", n[what], what, want)
		}
	}
	if len(report.Short) == 0 || len(report.Twice) == 0 {
		t.Errorf("%d payments came short, %d twice", len(report.Short), len(report.Twice))
	}
}

func TestSinkStops(t *testing.T) {
	t.Parallel()
	stop, calls := errors.New("stop"), 0
	if _, err := sample.Generate(options(1, 0.01), func([]core.Op) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// balances are queries that find what does not add up; each finds nothing.
var balances = map[string]string{
	"orders are their lines":   `SELECT h.number FROM %[1]s."order" h JOIN %[1]s.order_line l ON l.order_id = h.id GROUP BY h.id HAVING h.net <> sum(l.net) OR h.tax <> sum(l.tax) OR h.gross <> sum(l.gross)`,
	"quotes are their lines":   `SELECT h.number FROM %[1]s.quote h JOIN %[1]s.quote_line l ON l.quote_id = h.id GROUP BY h.id HAVING h.net <> sum(l.net) OR h.tax <> sum(l.tax) OR h.gross <> sum(l.gross)`,
	"invoices are their lines": `SELECT h.number FROM %[1]s.invoice h JOIN %[1]s.invoice_line l ON l.invoice_id = h.id GROUP BY h.id HAVING h.net <> sum(l.net) OR h.tax <> sum(l.tax) OR h.gross <> sum(l.gross)`,
	"lines add up":             `SELECT id::text FROM %[1]s.order_line WHERE gross <> net + tax OR amount <> round(quantity * price * (100 - discount) / 100, 2)`,
	"documents have lines":     `SELECT number FROM %[1]s."order" WHERE gross = 0`,
	// What an account owes is what was invoiced less what was settled.
	"receivables": `SELECT a.number FROM %[1]s.account a
		JOIN (SELECT account_id, sum(gross) AS invoiced, sum(open) AS open FROM %[1]s.invoice GROUP BY account_id) i ON i.account_id = a.id
		LEFT JOIN (SELECT v.account_id, sum(s.amount) AS settled FROM %[1]s.allocation s JOIN %[1]s.invoice v ON v.id = s.invoice_id GROUP BY v.account_id) s ON s.account_id = a.id
		WHERE i.invoiced - coalesce(s.settled, 0) <> i.open`,
	"accounts know what they owe":   `SELECT a.number FROM %[1]s.account a LEFT JOIN %[1]s.invoice i ON i.account_id = a.id GROUP BY a.id HAVING a.open_ar <> coalesce(sum(i.open_base), 0)`,
	"payments know what is left":    `SELECT p.number FROM %[1]s.payment p LEFT JOIN %[1]s.allocation s ON s.payment_id = p.id GROUP BY p.id HAVING p.unallocated <> p.amount - coalesce(sum(s.amount), 0)`,
	"contracts are planned":         `SELECT c.number FROM %[1]s.contract c JOIN %[1]s.payment_plan p ON p.contract_id = c.id GROUP BY c.id HAVING c.amount <> sum(p.amount)`,
	"opportunities are their lines": `SELECT o.number FROM %[1]s.opportunity o JOIN %[1]s.opportunity_line l ON l.opportunity_id = o.id GROUP BY o.id HAVING o.amount <> sum(l.amount)`,
	"pools have no owners":          `SELECT number FROM %[1]s.account WHERE pool_state = 'inPool' AND (owner_id IS NOT NULL OR pool_id IS NULL)`,
}

// TestLoadBalances loads the data as everybody writes and recounts it.
func TestLoadBalances(t *testing.T) {
	t.Parallel()
	w := coretest.New(t, coretest.Options{Package: apps.CRM()})
	r := w.System(t)
	o := options(5, 0.003)
	for i := range 3 {
		res, err := w.Engine.Write(t.Context(), r, &core.Write{Ops: []core.Op{{Verb: core.Create, Object: "user", Values: map[string]any{"name": "Uma", "email": fmt.Sprintf("uma%d@example.com", i)}}}})
		if err != nil {
			t.Fatal(err)
		}
		o.Owners = append(o.Owners, res[0].ID)
	}
	start := time.Now()
	report, err := sample.Load(t.Context(), w.Engine, r, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records in %s", report.Records, time.Since(start))
	for what, query := range balances {
		rows, err := w.DB.Query(t.Context(), fmt.Sprintf(query, w.View.Schema))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var wrong []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			wrong = append(wrong, s)
		}
		if rows.Err() != nil || len(wrong) > 0 {
			t.Errorf("%s: not %d, as %.5v %v", what, len(wrong), wrong, rows.Err())
		}
	}
	for object, least := range map[string]int{"allocation": 100, "invoice": 100, "activity": 100} {
		var n int
		if err := w.DB.QueryRow(t.Context(), fmt.Sprintf("SELECT count(*) FROM %s.%s", w.View.Schema, object)).Scan(&n); err != nil || n < least {
			t.Errorf("%d of %s: %v", n, object, err)
		}
	}
}
