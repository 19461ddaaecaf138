package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/plugins"
	"github.com/trellishq/trellis/plugins/plugintest"
	"github.com/trellishq/trellis/plugins/wasm"
)

var keys string

func TestMain(m *testing.M) {
	wasm.AdmitMain()
	dir, err := os.MkdirTemp("", "plugins-")
	if err != nil {
		panic(err)
	}
	keys = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// admit takes the guest through admission under a manifest changed by edits,
// pairs of old and new.
func admit(t *testing.T, edits ...string) *plugins.Package {
	t.Helper()
	manifest := strings.NewReplacer(edits...).Replace(string(plugintest.Manifest))
	pkg, err := wasm.Admit(t.Context(), plugintest.Guest(t), []byte(manifest), keys, keys+"/cache")
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

func runtime(t *testing.T) plugins.Runtime {
	t.Helper()
	rt, err := wasm.NewRuntime(context.Background(), keys, keys+"/cache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return rt
}

func use(t *testing.T, pkgs ...*plugins.Package) *plugins.Host {
	t.Helper()
	h := plugins.NewHost(runtime(t), nil, trellis.NewID(), slog.New(slog.DiscardHandler))
	if err := h.Use(t.Context(), pkgs); err != nil {
		t.Fatal(err)
	}
	return h
}

func named(name string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"name": json.RawMessage(`"` + name + `"`), "salary": json.RawMessage("1")}
}

func hookOf(t *testing.T, h *plugins.Host, object string, event plugins.Event, entry string) plugins.Hook {
	t.Helper()
	hooks := h.HooksFor(&metadata.Object{Name: object}, event)
	at := slices.IndexFunc(hooks, func(h plugins.Hook) bool { return h.Entry == entry })
	if at < 0 {
		t.Fatalf("no hook %s at %s of %s", entry, event, object)
	}
	return hooks[at]
}

func TestHooksRunInOrder(t *testing.T) {
	t.Parallel()
	h := use(t, admit(t), admit(t, "id: conformance", "id: another", "order: 2", "order: -1", "[before-delete], mode: veto", "[before-update], mode: veto"))
	var got []string
	for _, hook := range h.HooksFor(&metadata.Object{Name: "account"}, plugins.BeforeUpdate) {
		got = append(got, hook.Plugin+"."+hook.Entry)
	}
	if want := []string{"another.pass", "conformance.pass", "another.refuse"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if len(h.HooksFor(&metadata.Object{Name: "contact"}, plugins.BeforeCreate)) != 0 {
		t.Error("a hook for another object")
	}
}

func TestBefore(t *testing.T) {
	t.Parallel()
	h := use(t, admit(t))
	in := plugins.HookInput{Event: plugins.BeforeCreate, Object: "account", Record: named("Acme"), Changed: []string{"name", "salary"}, Caller: "user:1"}

	res, err := h.Before(t.Context(), hookOf(t, h, "account", plugins.BeforeCreate, "echo"), in)
	if err != nil || string(res.Patch["name"]) != `"Acme"` || len(res.Patch) != 1 || res.Veto != nil {
		t.Errorf("echo: %+v, %v", res, err)
	}
	res, err = h.Before(t.Context(), hookOf(t, h, "account", plugins.BeforeUpdate, "pass"), in)
	if err != nil || res.Patch != nil || res.Veto != nil {
		t.Errorf("pass: %+v, %v", res, err)
	}
	res, err = h.Before(t.Context(), hookOf(t, h, "account", plugins.BeforeDelete, "refuse"), in)
	if err != nil || res.Veto == nil || res.Veto.Code != "NO" || !strings.HasPrefix(res.Veto.Message, "line one line two[31mxxx") || len(res.Veto.Message) > 510 {
		t.Errorf("refuse: %+v, %v", res.Veto, err)
	}
}

// A failing plugin stops the write, is named, and keeps its reasons to the log.
func TestBeforeFailsClosed(t *testing.T) {
	t.Parallel()
	h := use(t, admit(t))
	for entry, code := range map[string]trellis.Code{
		"report": trellis.CodeUnavailable, "crash": trellis.CodeUnavailable, "unhandled": trellis.CodeUnavailable,
		"foreignField": trellis.CodeUnavailable, "validateAndPatch": trellis.CodeUnavailable, "loop": trellis.CodeTimeout,
	} {
		_, err := h.Before(t.Context(), hookOf(t, h, "probe", plugins.BeforeCreate, entry), plugins.HookInput{Event: plugins.BeforeCreate, Object: "probe", Record: named("x")})
		if trellis.CodeOf(err) != code || !strings.Contains(err.Error(), `plugin "conformance"`) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %s: %v", entry, trellis.CodeOf(err), err)
		}
	}
	big := plugins.HookInput{Record: named(strings.Repeat("b", plugins.MaxIO))}
	if _, err := h.Before(t.Context(), hookOf(t, h, "account", plugins.BeforeCreate, "echo"), big); trellis.CodeOf(err) != trellis.CodeUnavailable {
		t.Errorf("oversized input: %v", err)
	}
}

// A plugin that does not load keeps its hooks, and they refuse.
func TestUnloadablePluginRefuses(t *testing.T) {
	t.Parallel()
	pkg := admit(t)
	broken := *pkg
	broken.Module = append([]byte(nil), pkg.Module...)
	broken.Module[100] ^= 1
	h := plugins.NewHost(runtime(t), nil, trellis.NewID(), slog.New(slog.DiscardHandler))
	if err := h.Use(t.Context(), []*plugins.Package{&broken}); !errors.Is(err, plugins.ErrUntrusted) {
		t.Fatal(err)
	}
	hook := hookOf(t, h, "account", plugins.BeforeCreate, "echo")
	if _, err := h.Before(t.Context(), hook, plugins.HookInput{Record: named("x")}); trellis.CodeOf(err) != trellis.CodeUnavailable {
		t.Errorf("%v", err)
	}
	// The next reload tries again.
	if err := h.Use(t.Context(), []*plugins.Package{pkg}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Before(t.Context(), hook, plugins.HookInput{Record: named("x")}); err != nil {
		t.Error(err)
	}
}

// Versions are swapped under calls, and no call fails for it.
func TestVersionsSwapUnderLoad(t *testing.T) {
	t.Parallel()
	one, two := admit(t), admit(t, "version: 1.0.0", "version: 2.0.0")
	h := use(t, one)
	hook := hookOf(t, h, "account", plugins.BeforeCreate, "echo")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := h.Before(context.Background(), hook, plugins.HookInput{Record: named("x")}); err != nil {
					t.Error(err, errors.Unwrap(err))
					return
				}
			}
		})
	}
	for range 5 {
		for _, pkg := range []*plugins.Package{two, one} {
			if err := h.Use(t.Context(), []*plugins.Package{pkg}); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	wg.Wait()
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := h.Before(t.Context(), hook, plugins.HookInput{Record: named("x")}); trellis.CodeOf(err) != trellis.CodeUnavailable {
		t.Errorf("after Close: %v", err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := pg.Open(ctx, pgtest.URL(t), pg.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := pg.Migrate(ctx, db); err != nil {
		t.Fatal(err)
	}
	mine, other := trellis.NewID(), trellis.NewID()
	for id, slug := range map[trellis.ID]string{mine: "mine", other: "other"} {
		if _, err := db.Exec(ctx, `INSERT INTO trellis.workspace (id, slug, name) VALUES ($1, $2, $2)`, [16]byte(id), slug); err != nil {
			t.Fatal(err)
		}
	}
	store := plugins.NewStore(db)
	one, two := admit(t), admit(t, "version: 1.0.0", "version: 2.0.0")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	enabled := func(ws trellis.ID, want ...string) {
		t.Helper()
		pkgs, err := store.Enabled(ctx, ws)
		must(err)
		var got []string
		for _, p := range pkgs {
			got = append(got, p.Manifest.Version)
		}
		if !slices.Equal(got, want) {
			t.Errorf("enabled %v, want %v", got, want)
		}
	}
	code := func(err error, want trellis.Code) {
		t.Helper()
		if trellis.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}

	// Every change is told to whoever listens.
	listening, stop := context.WithCancel(ctx)
	heard, ended := make(chan string, 64), make(chan struct{})
	go func() {
		defer close(ended)
		_ = db.Listen(listening, []string{plugins.Channel}, func(_, payload string) { heard <- payload })
	}()
	if first := <-heard; first != "" {
		t.Errorf("heard %q before any change", first)
	}
	must(store.Install(ctx, mine, one, "user:1"))
	if told := <-heard; told != mine.String() {
		t.Errorf("heard %q, want the workspace %s", told, mine)
	}
	stop()
	<-ended
	must(store.Install(ctx, mine, one, "user:1")) // the same again
	must(store.Install(ctx, mine, two, "user:2"))
	enabled(mine, "2.0.0")
	enabled(other)
	must(store.Enable(ctx, mine, "conformance", "1.0.0")) // back to the first
	enabled(mine, "1.0.0")
	code(store.Enable(ctx, mine, "conformance", "3.0.0"), trellis.CodeNotFound)
	enabled(mine, "1.0.0")
	code(store.Remove(ctx, mine, "conformance", "1.0.0"), trellis.CodeConflict)
	code(store.Remove(ctx, mine, "conformance", "3.0.0"), trellis.CodeNotFound)
	changed := admit(t, "order: 2", "order: 3")
	code(store.Install(ctx, mine, changed, "user:1"), trellis.CodeConflict)

	h := plugins.NewHost(runtime(t), store, mine, slog.New(slog.DiscardHandler))
	must(h.Reload(ctx))
	hook := hookOf(t, h, "account", plugins.BeforeCreate, "echo")
	if res, err := h.Before(ctx, hook, plugins.HookInput{Record: named("stored")}); err != nil || string(res.Patch["name"]) != `"stored"` {
		t.Errorf("%+v, %v", res, err)
	}
	must(store.Enable(ctx, mine, "conformance", "")) // none
	must(h.Reload(ctx))
	if hooks := h.HooksFor(&metadata.Object{Name: "account"}, plugins.BeforeCreate); len(hooks) != 0 {
		t.Errorf("%v are still there", hooks)
	}
	must(store.Remove(ctx, mine, "conformance", "2.0.0"))
	list, err := store.List(ctx, mine)
	if err != nil || len(list) != 1 || list[0].Version != "1.0.0" || list[0].Enabled || list[0].InstalledBy != "user:1" || list[0].Bytes != int64(len(one.Module)) {
		t.Errorf("%+v, %v", list, err)
	}
}
