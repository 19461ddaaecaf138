package sync_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/sync"
)

// Set in the environment of a child process: it pulls and says "batch" before
// each Read, which is after each commit.
const asReader = "TRELLIS_SYNC_READER"

const (
	crashRecords = 2000
	crashPage    = 20
	crashKills   = 8
)

// crashShop is the same in every process: accounts, some of which are there
// twice, and contacts that come before the account they belong to.
func crashShop(s *shop) {
	s.page = crashPage
	for i := range crashRecords / 2 {
		s.put("people", fmt.Sprint("p", i), map[string]any{"name": fmt.Sprint("Person ", i), "customer": fmt.Sprint("c", i/3)})
	}
	for i := range crashRecords / 2 {
		s.put("customers", fmt.Sprint("c", i%900), map[string]any{"code": fmt.Sprint("C", i%900), "name": fmt.Sprint("State ", i)})
	}
}

// TestReaderProcess is the child of TestKilledAtRandomPoints; on its own it
// reads an empty shop.
func TestReaderProcess(t *testing.T) {
	url := os.Getenv(asReader)
	l := newLab(t, labOptions{url: url})
	if url == "" {
		l.done(l.connect(people, "integration"), 0, 0)
		return
	}
	crashShop(l.shop)
	l.shop.onRead(func(context.Context, string, connectors.Cursor) error {
		fmt.Println("batch")
		return nil
	})
	c, err := l.sync.Get(t.Context(), "main", "shop")
	if err != nil {
		t.Fatal(err)
	}
	for { // the one before may have died just now and hold locks a moment longer
		out, err := l.sync.Pull(t.Context(), "main", c.ID.String(), time.Minute)
		if err == nil && out.Done {
			fmt.Println("done")
			return
		}
		fmt.Println("again", out, err)
	}
}

// TestKilledAtRandomPoints: readers are killed while batches commit, and at the
// end everything is there once.
func TestKilledAtRandomPoints(t *testing.T) {
	t.Parallel()
	l := newLab(t, labOptions{})
	c := l.connect(people, "integration")
	r := rand.New(rand.NewPCG(1, 2))
	committed := int64(0)
	for kill := range crashKills {
		if reader(t, l.url, 2+r.IntN(8), time.Duration(r.IntN(8_000))*time.Microsecond) {
			t.Fatalf("the reader came to the end before kill %d", kill)
		}
		now := batches(t, l, c)
		if now <= committed {
			t.Fatalf("kill %d: no batch was committed since the last one (%d)", kill, now)
		}
		committed = now
		l.status(c, sync.Running, "")
	}
	if !reader(t, l.url, 1_000_000, 0) {
		t.Fatal("the last reader did not come to the end")
	}
	l.status(c, sync.Ready, "")
	l.checkCrashed(c)
}

func (l *lab) checkCrashed(c *sync.Connection) {
	l.Helper()
	for sql, want := range map[string]string{
		`SELECT count(*) || ' ' || count(DISTINCT code) FROM ws_main.account`:                                                                                   "900 900",
		`SELECT count(*)::text FROM ws_main.account a WHERE name = 'State ' || CASE WHEN substr(code, 2)::int < 100 THEN 900 ELSE 0 END + substr(code, 2)::int`: "900",
		`SELECT count(*)::text FROM ws_main.contact c JOIN ws_main.account a ON a.id = c.account_id AND a.code = 'C' || substr(c.name, 8)::int / 3`:             "1000",
		`SELECT sum(version)::text FROM ws_main.account`:                                                                                                        "1000", // nothing was written twice
		`SELECT sum(version)::text FROM ws_main.contact`:                                                                                                        "1000",
		`SELECT count(*)::text FROM trellis.sync_link`:                                                                                                          "1900",
		`SELECT sum(records)::text FROM trellis.sync_checkpoint`:                                                                                                "2000",
	} {
		if got := l.rows(sql); got[0] != want {
			l.Errorf("%s = %s, want %s", sql, got[0], want)
		}
	}
	if list := l.letters(c); len(list) > 0 {
		l.Errorf("%d dead letters, as %+v", len(list), list[0])
	}
	changes := l.rows(`SELECT sum(jsonb_array_length(changes::jsonb))::text FROM trellis.outbox WHERE object IN ('account', 'contact')`)
	if changes[0] != "2000" {
		l.Errorf("the outbox tells of %s changes", changes)
	}
}

func batches(t *testing.T, l *lab, c *sync.Connection) (n int64) {
	t.Helper()
	list, err := l.sync.Progress(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		n += p.Batches
	}
	return n
}

// reader runs a child that reads, kills it (-9) a moment after it has begun so
// many batches, and says whether it came to the end before that.
func reader(t *testing.T, url string, after int, moment time.Duration) bool {
	t.Helper()
	cmd := exec.CommandContext(soon(t), os.Args[0], "-test.run=^TestReaderProcess$", "-test.v")
	cmd.Env = append(os.Environ(), asReader+"="+url)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	lines := bufio.NewScanner(pipe)
	for n := 0; lines.Scan(); {
		switch said = append(said, lines.Text()); {
		case lines.Text() == "done":
			_ = cmd.Wait()
			return true
		case lines.Text() == "batch":
			n++
		}
		if n >= after {
			time.Sleep(moment) // a random place within a batch
			break
		}
	}
	_ = cmd.Process.Kill()
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the reader was not killed: %v\n%s", err, strings.Join(said, "\n"))
	}
	return false
}
