package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg/pgtest"
)

func TestMain(m *testing.M) {
	if !IsFloor(os.Getenv) {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := ServeFloor(ctx, os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ground is a small one, with both programs.
func ground(t *testing.T) (*Ground, Options) {
	t.Helper()
	dir := t.TempDir()
	server := filepath.Join(dir, "trellis")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", server, "github.com/trellishq/trellis/cmd/trellis").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g, err := Prepare(t.Context(), pgtest.URL(t), Small, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g, Options{Server: []string{server}, Floor: []string{self}, Dir: dir, Rounds: 2, Turn: time.Millisecond, Connections: 2, Crowd: 4, Search: true, Out: io.Discard}
}

// TestRun measures on few records: both sides answer the same, write the same,
// and the report is whole. It says nothing about time.
func TestRun(t *testing.T) {
	t.Parallel()
	g, o := ground(t)
	rep, err := Run(t.Context(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := rep.Save(path); err != nil {
		t.Fatal(err)
	}
	checkReport(t, path)
	var table bytes.Buffer
	if err := rep.Print(&table); err != nil || strings.Count(table.String(), "\n") != 2+len(Cases)+2+limitedCases {
		t.Errorf("the table is %v\n%s", err, table.String())
	}
	var left int
	if err := g.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM ws_main."order") + (SELECT count(*) FROM ws_main.order_line) + (SELECT count(*) FROM ws_main.opportunity) - $1`, Small.Opportunities+Small.Orders*(1+keptLines)).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d records are left of the run (%v)", left, err)
	}
	differencesAreFound(t, g, o)
}

// limitedCases are the fields among the small sizes, by the clock and in CPU, the
// memory of the CRM, twice, and of many objects, and two quantiles of searches.
const limitedCases = 2*2 + 3 + 2

func checkReport(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Cases []struct {
			Name, Unit                  string
			Value, Floor, Ratio, Target float64
			Met                         *bool
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Cases) != len(Cases)+limitedCases {
		t.Fatalf("%d cases, not %d", len(got.Cases), len(Cases)+limitedCases)
	}
	for _, c := range got.Cases[len(Cases):] {
		if c.Name == "" || c.Value <= 0 || c.Floor <= 0 || c.Target <= 0 || c.Met == nil || *c.Met != (c.Value <= c.Target) {
			t.Errorf("a limit is %+v", c)
		}
	}
	for i, c := range got.Cases[:len(Cases)] {
		if c.Name != Cases[i].Name || c.Unit == "" || c.Value <= 0 || c.Floor <= 0 || c.Ratio <= 0 || c.Target != Cases[i].Target || c.Met == nil || *c.Met != (c.Ratio <= c.Target) {
			t.Errorf("case %d is %+v", i, c)
		}
	}
}

// withNextStep sets a field more on what is written.
func withNextStep(vars func(Size, int) map[string]any) func(Size, int) map[string]any {
	return func(s Size, i int) map[string]any {
		v := vars(s, i)
		if in, ok := v["input"].(map[string]any); ok {
			in["nextStep"] = "call"
		}
		return v
	}
}

// differencesAreFound gives Trellis something else to do than the floor: other
// fields, more rows, and a write that leaves another value behind it.
func differencesAreFound(t *testing.T, g *Ground, o Options) {
	t.Helper()
	r := &runner{ground: g, o: o, started: trellis.NewID()}
	stop, err := r.startSides(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, change := range [][3]string{
		{"one", "name stage", "stage name"},
		{"list", "first: 50", "first: 51"},
		{"related", "{region: {eq: $region}}", `{region: {ne: $region}}`},
		{"insert", "stage amount", "stage amount"}, // but the floor writes no next step
	} {
		for _, k := range Cases {
			if k.Name != change[0] {
				continue
			}
			if k.Query = strings.Replace(k.Query, change[1], change[2], 1); !strings.Contains(k.Query, change[2]) {
				t.Fatalf("%s has no %s", k.Name, change[1])
			}
			k.vars = withNextStep(k.vars)
			if err := r.same(t.Context(), &k); err == nil || !strings.Contains(err.Error(), "differ") {
				t.Errorf("%s with %s counts as the same (%v)", k.Name, change[2], err)
			}
		}
	}
	historyIsCompared(t, r)
}

// historyIsCompared takes the version from the history of one of two records
// that both sides have written alike.
func historyIsCompared(t *testing.T, r *runner) {
	t.Helper()
	since := trellis.NewID()
	clear(since[6:])
	for _, k := range Cases {
		if k.Name == "insert" {
			if err := r.same(t.Context(), &k); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := r.ground.db.Exec(t.Context(), "UPDATE trellis.record_change SET version = 2 WHERE record_id = (SELECT max(id::text)::uuid FROM ws_main.opportunity)"); err != nil {
		t.Fatal(err)
	}
	if err := r.sameRows(t.Context(), since); err == nil || !strings.Contains(err.Error(), "differ") {
		t.Errorf("another history counts as the same (%v)", err)
	}
}

func TestRecordsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	s := Small
	for i := range 100 {
		if fmt.Sprint(s.opportunity(i)) != fmt.Sprint(s.opportunity(i)) || s.id(accounts, i) == s.id(accounts, i+1) || s.id(accounts, i) == s.id(contacts, i) {
			t.Fatalf("record %d is made by chance", i)
		}
	}
	seen := map[any]int{}
	for i := range s.Opportunities {
		seen[source(i)]++
	}
	if hidden := seen["partner"]; hidden < s.Opportunities/10 || hidden > s.Opportunities/5 {
		t.Errorf("the role does not see %d of %d opportunities", hidden, s.Opportunities)
	}
}
