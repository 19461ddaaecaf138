package identity_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/policy"
)

type lab struct {
	*testing.T
	db       *pg.DB
	identity *identity.Identity
	root     *core.Request
}

func newLab(t *testing.T) *lab {
	t.Helper()
	w := coretest.New(t, coretest.Options{})
	return &lab{t, w.DB, identity.New(w.DB, w.Engine, w.Catalog, w.Access), w.System(t)}
}

const password = "correct horse battery"

func (l *lab) user(email string, roles ...string) *identity.User {
	l.Helper()
	u, err := l.identity.CreateUser(l.Context(), l.root, identity.NewUser{Name: "Somebody", Email: email, Password: password, Roles: roles})
	if err != nil {
		l.Fatal(err)
	}
	return u
}

func code(t *testing.T, err error, want trellis.Code) {
	t.Helper()
	if trellis.CodeOf(err) != want {
		t.Fatalf("want %s, got %v", want, err)
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	u := l.user("Ann@Example.com", "salesRep")
	token, err := l.identity.SignIn(t.Context(), "main", " ann@example.COM ", password)
	if err != nil {
		t.Fatal(err)
	}
	who, err := l.identity.Session(t.Context(), token)
	if err != nil || who.Principal.ID != u.ID || who.Principal.Kind != policy.KindUser || strings.Join(who.Principal.Roles, ",") != "salesRep" || who.Workspace != "main" || who.Principal.User.Email != "ann@example.com" {
		t.Fatalf("%+v %v", who, err)
	}
	if err := l.identity.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = l.identity.Session(t.Context(), token)
	code(t, err, trellis.CodeUnauthenticated)
}

// TestRefusalsLookAlike: a wrong password, an unknown address, an account
// without password and one that was switched off are told in the same words.
func TestRefusalsLookAlike(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.user("ann@example.com", "salesRep")
	if _, err := l.identity.CreateUser(t.Context(), l.root, identity.NewUser{Name: "N", Email: "none@example.com", Roles: []string{"salesRep"}}); err != nil {
		t.Fatal(err)
	}
	l.user("off@example.com", "salesRep")
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.account SET active = false WHERE email = 'off@example.com'`); err != nil {
		t.Fatal(err)
	}
	var first string
	for i, try := range [][2]string{{"ann@example.com", "wrong"}, {"nobody@example.com", password}, {"none@example.com", ""}, {"none@example.com", password}, {"off@example.com", password}, {"ann@example.com", strings.Repeat("x", 10_000)}} {
		_, err := l.identity.SignIn(t.Context(), "main", try[0], try[1])
		code(t, err, trellis.CodeUnauthenticated)
		if i == 0 {
			first = err.Error()
		} else if err.Error() != first {
			t.Errorf("%v: %q, not %q", try, err, first)
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.user("ann@example.com", "salesRep")
	var err error
	for range 14 {
		if _, err = l.identity.SignIn(t.Context(), "main", "ann@example.com", "wrong"); trellis.CodeOf(err) == trellis.CodeRateLimited {
			break
		}
	}
	code(t, err, trellis.CodeRateLimited)
	_, err = l.identity.SignIn(t.Context(), "main", "ann@example.com", password)
	code(t, err, trellis.CodeRateLimited)
	// When the wait is over the right password works: nobody is locked out.
	if _, err := l.db.Exec(t.Context(), `UPDATE trellis.sign_in_failure SET until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if _, err := l.identity.SignIn(t.Context(), "main", "ann@example.com", password); err != nil {
		t.Fatal(err)
	}
}

func TestCreateUserIsAllOrNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.user("ann@example.com", "salesRep")
	for _, bad := range []identity.NewUser{
		{Name: "A", Email: "ann@example.com", Password: password, Roles: []string{"salesRep"}},
		{Name: "A", Email: "not an address", Password: password, Roles: []string{"salesRep"}},
		{Name: "", Email: "b@example.com", Password: password, Roles: []string{"salesRep"}},
		{Name: "B", Email: "b@example.com", Password: "short", Roles: []string{"salesRep"}},
		{Name: "B", Email: "b@example.com", Password: password, Roles: []string{"salesRep", "emperor"}},
	} {
		if _, err := l.identity.CreateUser(t.Context(), l.root, bad); err == nil {
			t.Errorf("%+v was let in", bad)
		}
	}
	users, err := l.identity.Users(t.Context(), l.root)
	if err != nil || len(users) != 1 || users[0].Name != "Somebody" {
		t.Fatalf("%+v %v", users, err)
	}
	var records int
	if err := l.db.QueryRow(t.Context(), `SELECT count(*) FROM ws_main."user"`).Scan(&records); err != nil || records != 1 {
		t.Fatalf("%d records, %v", records, err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id, key, err := l.identity.CreateKey(t.Context(), l.root, "robot", "auditor")
	if err != nil || !strings.HasPrefix(key, "trl_") {
		t.Fatal(key, err)
	}
	who, err := l.identity.Key(t.Context(), key)
	if err != nil || who.Principal.String() != "key:"+id.String() || strings.Join(who.Principal.Roles, ",") != "auditor" {
		t.Fatalf("%+v %v", who, err)
	}
	var stored int
	if err := l.db.QueryRow(t.Context(), `SELECT count(*) FROM trellis.api_key k WHERE k::text LIKE '%' || $1 || '%'`, key).Scan(&stored); err != nil || stored != 0 {
		t.Fatalf("the key itself is stored: %d %v", stored, err)
	}
	if found, err := l.identity.RevokeKey(t.Context(), l.root, id); err != nil || !found {
		t.Fatal(found, err)
	}
	for _, k := range []string{key, key + "x", "trl_", "", strings.Repeat("trl_", 1000)} {
		_, err := l.identity.Key(t.Context(), k)
		code(t, err, trellis.CodeUnauthenticated)
	}
	_, _, err = l.identity.CreateKey(t.Context(), l.root, "robot", "emperor")
	code(t, err, trellis.CodeInvalidInput)
}

// TestAnotherPasswordEndsSessions, in this process at the latest after the
// second that principals are remembered.
func TestAnotherPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.user("ann@example.com", "salesRep")
	token, err := l.identity.SignIn(t.Context(), "main", "ann@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.identity.SetPassword(t.Context(), l.root.View.WorkspaceID, "ann@example.com", "another password"); err != nil {
		t.Fatal(err)
	}
	// The session was never asked for, so nothing is remembered of it.
	_, err = l.identity.Session(t.Context(), token)
	code(t, err, trellis.CodeUnauthenticated)
	if _, err := l.identity.SignIn(t.Context(), "main", "ann@example.com", "another password"); err != nil {
		t.Fatal(err)
	}
	code(t, l.identity.SetPassword(t.Context(), l.root.View.WorkspaceID, "nobody@example.com", "another password"), trellis.CodeNotFound)
}

func TestRolesForATime(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	u := l.user("ann@example.com", "salesRep")
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	if _, err := l.db.Exec(t.Context(), `INSERT INTO trellis.role_grant (workspace_id, member, role, valid_until) VALUES ($1, $2, 'salesManager', $3), ($1, $2, 'auditor', now() - interval '1 second')`,
		l.root.View.WorkspaceID, "u:"+u.ID.String(), until); err != nil {
		t.Fatal(err)
	}
	p, err := l.identity.UserPrincipal(t.Context(), "main", u.ID)
	if err != nil || strings.Join(p.Roles, ",") != "salesManager,salesRep" || !p.ValidUntil.Equal(until) {
		t.Fatalf("%+v %v", p, err)
	}
}

// TestHammerSessions asks for many sessions at once, and ends them meanwhile.
func TestHammerSessions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, key, err := l.identity.CreateKey(t.Context(), l.root, "robot", "auditor")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if _, err := l.identity.Key(t.Context(), key); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestPeopleInTheTrash are signed out, and may sign in again once restored.
func TestPeopleInTheTrash(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	u := l.user("ann@example.com", "salesRep")
	token, err := l.identity.SignIn(t.Context(), "main", "ann@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Exec(t.Context(), `UPDATE ws_main."user" SET deleted_at = now() WHERE id = $1`, u.ID); err != nil {
		t.Fatal(err)
	}
	_, err = l.identity.Session(t.Context(), token)
	code(t, err, trellis.CodeUnauthenticated)
	if _, err := l.db.Exec(t.Context(), `UPDATE ws_main."user" SET deleted_at = NULL WHERE id = $1`, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.identity.Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}
