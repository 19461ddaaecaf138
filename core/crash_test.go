package core_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/embedded"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

var crashEvery = flag.Int("crash.every", 5, "TestPostgresStopsWithinAChange stops PostgreSQL at every how many messages")

// PostgreSQL is stopped at each message of a change that converts values, builds
// a unique index, adds columns, builds another index and fills a formula: before
// the message comes, or while it is worked on. The same process then finds either
// the old or the new revision, with tables that fit it once Resume has run, makes
// the change again, and writes go on.
func TestPostgresStopsWithinAChange(t *testing.T) {
	t.Parallel()
	w := newCrashWorld(t)
	kills, old := 0, 0
	for at := int64(1); ; at += int64(*crashEvery) {
		o := w.object(at)
		before := w.revision()
		w.line.killAt(at, at%2 == 0)
		err := w.change(o)
		if !w.line.killed() {
			if err != nil {
				t.Fatalf("without a stop: %v", err)
			}
			w.holds(o)
			break
		}
		kills++
		w.await()
		w.eventually(func() error { return w.catalog.Resume(t.Context()) })
		now := w.revision()
		if now < before || now > before+2 { // the change, and the filled formula
			t.Fatalf("stopped at %d: revision %d became %d", at, before, now)
		}
		if now == before {
			old++
		}
		w.noDrift(at)
		w.write(o, fmt.Sprintf("between%d", at))
		w.eventually(func() error { return w.change(o) })
		w.holds(o)
		w.noDrift(at)
		if t.Failed() {
			t.Fatalf("stopped at message %d: %v", at, err)
		}
	}
	if kills < 3 || old == 0 || old == kills {
		t.Errorf("%d stops, %d of them before the change", kills, old)
	}
	t.Logf("%d stops, %d of them before the change was there", kills, old)
}

type crashWorld struct {
	t       *testing.T
	line    *wire
	events  chan embedded.Event
	db      *pg.DB
	catalog *catalog.Catalog
	engine  *core.Engine
}

func newCrashWorld(t *testing.T) *crashWorld {
	w := &crashWorld{t: t, events: make(chan embedded.Event, 1000)}
	dir := t.TempDir()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Settings: map[string]string{"fsync": "off"}, Notify: func(e embedded.Event) { w.events <- e }})
	w.must(err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	w.line = newWire(t, s.URL(), filepath.Join(dir, "pgdata", "postmaster.pid"))
	w.db, err = pg.Open(t.Context(), w.line.url, pg.Options{MaxConns: 4})
	w.must(err)
	t.Cleanup(w.db.Close)
	w.must(pg.Migrate(t.Context(), w.db))
	w.catalog = catalog.New(w.db, nil)
	_, err = w.catalog.EnsureMain(t.Context())
	w.must(err)
	w.engine = core.New(core.Options{DB: w.db, Catalog: w.catalog, Access: access.New(w.db)})
	return w
}

func (w *crashWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// eventually tries again as often as there may be connections that are dead.
func (w *crashWorld) eventually(do func() error) {
	w.t.Helper()
	var err error
	for range 20 {
		if err = do(); err == nil {
			return
		}
		if code := trellis.CodeOf(err); code != trellis.CodeUnavailable {
			break
		}
	}
	w.t.Fatalf("%v, %s", err, trellis.CodeOf(err))
}

// await waits until the server answers again.
func (w *crashWorld) await() {
	w.t.Helper()
	for patience := time.After(time.Minute); ; {
		select {
		case e := <-w.events:
			if e.Kind == embedded.Restarted {
				return
			}
		case <-patience:
			w.t.Fatal("PostgreSQL does not come back")
		}
	}
}

const crashRows = 40

// object makes an object of its own for one stop, with records.
func (w *crashWorld) object(at int64) string {
	w.t.Helper()
	name := fmt.Sprintf("thing%d", at)
	_, err := w.catalog.Apply(w.t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		text := func(name string) *metadata.Field {
			return &metadata.Field{Name: name, Kind: metadata.KindText, Package: metadata.CustomPackage}
		}
		d.Objects = append(d.Objects, &metadata.Object{Name: name, Plural: name + "s", Package: metadata.CustomPackage,
			Fields: []*metadata.Field{text("code"), text("size"), text("place"), {Name: "count", Kind: metadata.KindInteger, Package: metadata.CustomPackage}}})
		return d, nil
	}, catalog.Options{})
	w.must(err)
	for _, sql := range []string{
		`INSERT INTO ws_main.` + name + ` (id, created_at, created_by, updated_at, updated_by, version, code, size, count)
			SELECT gen_random_uuid(), now(), 'system', now(), 'system', 1, 'c' || n, n::text, n FROM generate_series(1, ` + strconv.Itoa(crashRows) + `) AS n`,
		`ANALYZE ws_main.` + name,
	} {
		_, err := w.db.Exec(w.t.Context(), sql)
		w.must(err)
	}
	return name
}

func (w *crashWorld) change(object string) error {
	_, err := w.catalog.Apply(w.t.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own(object)
		o.Field("code").Unique = true
		o.Field("place").Indexed = true
		o.Field("size").Kind, o.Field("size").MaxLength = metadata.KindInteger, 0
		if o.Field("twice") == nil {
			o.Fields = append(o.Fields,
				&metadata.Field{Name: "boss", Kind: metadata.KindLookup, Target: "user", Package: metadata.CustomPackage},
				&metadata.Field{Name: "twice", Kind: metadata.KindFormula, Result: metadata.KindInteger, Formula: "record.count * 2", Package: metadata.CustomPackage})
		}
		return d, nil
	}, catalog.Options{SmallTable: 30, AllowLoss: true})
	if err != nil {
		return err
	}
	return w.engine.Fill(w.t.Context(), "main")
}

func (w *crashWorld) revision() (n int64) {
	w.t.Helper()
	w.eventually(func() error {
		v, err := w.catalog.Refresh(w.t.Context(), "main")
		if err == nil {
			n = v.Revision
		}
		return err
	})
	return n
}

// noDrift asks as a new process would.
func (w *crashWorld) noDrift(at int64) {
	w.t.Helper()
	var found []catalog.Finding
	w.eventually(func() (err error) {
		found, err = catalog.New(w.db, nil).Drift(w.t.Context(), "main")
		return err
	})
	for _, f := range found {
		w.t.Errorf("stopped at %d: drift: %s", at, f)
	}
}

func (w *crashWorld) write(object, code string) {
	w.t.Helper()
	w.eventually(func() error { return w.create(object, code) })
}

func (w *crashWorld) create(object, code string) error {
	v, err := w.catalog.Current(w.t.Context(), "main")
	if err != nil {
		return err
	}
	r, err := w.engine.Begin(w.t.Context(), "main", policy.System(v.WorkspaceID))
	if err != nil {
		return err
	}
	_, err = w.engine.Write(w.t.Context(), r, &core.Write{Ops: []core.Op{create(object, map[string]any{"code": code, "count": 1})}})
	return err
}

// holds says that the change is there whole.
func (w *crashWorld) holds(object string) {
	w.t.Helper()
	v, err := w.catalog.Current(w.t.Context(), "main")
	w.must(err)
	o := v.Snapshot.Lookup(object)
	if f := o.Field("twice"); f == nil || f.Filling || o.Field("size").Kind != metadata.KindInteger {
		w.t.Errorf("%s is not what it was made: %+v", object, f)
		return
	}
	w.write(object, "last")
	err = w.create(object, "last")
	if trellis.CodeOf(err) != trellis.CodeConflict {
		w.t.Errorf("a second record of one code: %v", err)
	}
	var sum, wrong, left int
	w.must(w.db.QueryRow(w.t.Context(), fmt.Sprintf(`SELECT sum(%s), count(*) FILTER (WHERE twice <> 2 * count OR twice IS NULL), (SELECT count(*) FROM trellis.pending_step) FROM ws_main.%s`,
		o.Field("size").Column, o.Table)).Scan(&sum, &wrong, &left))
	if sum != crashRows*(crashRows+1)/2 || wrong != 0 || left != 0 {
		w.t.Errorf("%s: the sizes sum up to %d, %d formulas are wrong, %d steps are left", object, sum, wrong, left)
	}
}

// wire stands between the pool and PostgreSQL and stops the server at a message.
type wire struct {
	url     string
	pidFile string
	left    atomic.Int64 // messages until the stop; 0 or less for none
	late    atomic.Bool  // let the message through first
	done    atomic.Bool
}

func newWire(t *testing.T, server, pidFile string) *wire {
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	socket := filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port"))
	host, port, _ := strings.Cut(listener.Addr().String(), ":")
	q.Set("host", host)
	q.Set("port", port)
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	l := &wire{url: u.String(), pidFile: pidFile}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { l.carry(client, socket) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); open.Wait() })
	return l
}

func (l *wire) carry(client net.Conn, socket string) {
	defer client.Close()
	server, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	for buf := make([]byte, 1<<16); ; {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		stop := l.left.Add(-1) == 0
		if stop && !l.late.Load() {
			l.kill(syscall.SIGKILL)
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
		if stop {
			l.kill(syscall.SIGQUIT)
			return
		}
	}
}

// killAt stops PostgreSQL at the n-th message from now on.
func (l *wire) killAt(n int64, late bool) {
	l.done.Store(false)
	l.late.Store(late)
	l.left.Store(n)
}

// killed says whether it came to that; it comes to it no more.
func (l *wire) killed() bool {
	l.left.Store(0)
	return l.done.Load()
}

func (l *wire) kill(s syscall.Signal) {
	l.done.Store(true)
	b, _ := os.ReadFile(l.pidFile)
	first, _, _ := strings.Cut(string(b), "\n")
	if pid, err := strconv.Atoi(first); err == nil {
		_ = syscall.Kill(pid, s)
	}
}
