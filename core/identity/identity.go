package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/policy"
)

const (
	sessionTime = 14 * 24 * time.Hour
	remembered  = time.Second
	maxMemory   = 10_000 // principals remembered
	keyPrefix   = "trl_"
)

// Identity is the store of accounts, sessions and keys of all workspaces. It is
// safe for concurrent use.
type Identity struct {
	db      *pg.DB
	engine  *core.Engine
	catalog *catalog.Catalog
	access  *access.Access
	now     func() time.Time
	hashing hashing

	mu    sync.Mutex
	known map[[32]byte]memory
}

// memory is a principal remembered for a moment.
type memory struct {
	who   *Who
	until time.Time
}

// Who is the answer for a token or key.
type Who struct {
	Principal *policy.Principal
	Workspace string // slug
	Email     string
}

// New makes the store.
func New(db *pg.DB, engine *core.Engine, cat *catalog.Catalog, acc *access.Access) *Identity {
	return &Identity{db: db, engine: engine, catalog: cat, access: acc, now: time.Now, hashing: make(hashing, 2), known: map[[32]byte]memory{}}
}

// secret makes a random token with its stored form.
func secret(prefix string) (token string, hash [32]byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	token = prefix + base64.RawURLEncoding.EncodeToString(b)
	return token, sha256.Sum256([]byte(token))
}

func errSignIn() *trellis.Error {
	return trellis.Errorf(trellis.CodeUnauthenticated, "the e-mail address or the password is wrong")
}

func errSession() *trellis.Error {
	return trellis.Errorf(trellis.CodeUnauthenticated, "sign in first")
}

// SignIn checks an e-mail address and password and opens a session. The token
// is for the client; it lasts 14 days. The error is UNAUTHENTICATED in the same
// words whatever was wrong, or RATE_LIMITED after many failures for one
// address.
func (i *Identity) SignIn(ctx context.Context, workspace, email, password string) (token string, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > 320 || len(password) > 4*maxPassword || !storable(email) || !storable(workspace) {
		return "", errSignIn()
	}
	if err := i.throttled(ctx, workspace, email); err != nil {
		return "", err
	}
	var account trellis.ID
	var stored *string
	err = i.db.QueryRow(ctx, `SELECT a.id, a.password_hash FROM trellis.account a JOIN trellis.workspace w ON w.id = a.workspace_id
		WHERE w.slug = $1 AND a.email = $2 AND a.active`, workspace, email).Scan(&account, &stored)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", pg.Error(err)
	}
	if stored == nil {
		stored = new(string)
	}
	ok, err := i.hashing.matches(ctx, *stored, password)
	if err != nil {
		return "", err
	}
	if !ok {
		i.noteFailure(ctx, workspace, email)
		return "", errSignIn()
	}
	token, hash := secret("")
	_, err = i.db.Exec(ctx, `WITH gone AS (DELETE FROM trellis.session WHERE expires_at < now()), calm AS (DELETE FROM trellis.sign_in_failure WHERE email_hash = $4)
		INSERT INTO trellis.session (token_hash, account_id, expires_at) VALUES ($1, $2, $3)`, hash[:], account, i.now().Add(sessionTime), failureKey(workspace, email))
	return token, pg.Error(err)
}

// storable says that Postgres takes the text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// freeFailures is how many wrong passwords in a row cost nothing; after that
// each doubles the wait, up to a minute. Nobody is locked out for longer.
const freeFailures = 10

func failureKey(workspace, email string) []byte {
	sum := sha256.Sum256([]byte(workspace + "\x00" + email))
	return sum[:]
}

func (i *Identity) throttled(ctx context.Context, workspace, email string) error {
	var waiting bool
	err := i.db.QueryRow(ctx, `SELECT count(*) > 0 FROM trellis.sign_in_failure WHERE email_hash = $1 AND failures > $2 AND until > now()`, failureKey(workspace, email), freeFailures).Scan(&waiting)
	if err != nil {
		return pg.Error(err)
	}
	if waiting {
		return trellis.Errorf(trellis.CodeRateLimited, "too many wrong passwords; wait a minute and try again")
	}
	return nil
}

// noteFailure counts a wrong password. It must not fail the answer, which is
// the same either way.
func (i *Identity) noteFailure(ctx context.Context, workspace, email string) {
	_, _ = i.db.Exec(ctx, `INSERT INTO trellis.sign_in_failure AS f (email_hash, failures, until) VALUES ($1, 1, now() + interval '15 minutes')
		ON CONFLICT (email_hash) DO UPDATE SET
			failures = CASE WHEN f.until < now() - interval '15 minutes' THEN 1 ELSE f.failures + 1 END,
			until = now() + least(interval '1 minute', interval '1 second' * 2 ^ least(6, greatest(0, f.failures - $2)))`, failureKey(workspace, email), freeFailures)
}

// SignOut ends a session. Ending one that is not there is no error.
func (i *Identity) SignOut(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	i.forget(hash)
	_, err := i.db.Exec(ctx, `DELETE FROM trellis.session WHERE token_hash = $1`, hash[:])
	return pg.Error(err)
}

// Session tells who holds a session's token.
func (i *Identity) Session(ctx context.Context, token string) (*Who, error) {
	return i.who(ctx, token, i.loadSession)
}

// Key tells who holds an API key.
func (i *Identity) Key(ctx context.Context, key string) (*Who, error) {
	if !strings.HasPrefix(key, keyPrefix) {
		return nil, errSession()
	}
	return i.who(ctx, key, i.loadKey)
}

func (i *Identity) who(ctx context.Context, token string, load func(context.Context, []byte) (*Who, error)) (*Who, error) {
	if len(token) > 200 {
		return nil, errSession()
	}
	hash := sha256.Sum256([]byte(token))
	now := i.now()
	i.mu.Lock()
	m, ok := i.known[hash]
	i.mu.Unlock()
	if ok && now.Before(m.until) {
		return m.who, nil
	}
	who, err := load(ctx, hash[:])
	if err != nil {
		i.forget(hash)
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.known) >= maxMemory {
		clear(i.known)
	}
	i.known[hash] = memory{who, now.Add(remembered)}
	return who, nil
}

func (i *Identity) forget(hash [32]byte) {
	i.mu.Lock()
	delete(i.known, hash)
	i.mu.Unlock()
}

func (i *Identity) loadSession(ctx context.Context, hash []byte) (*Who, error) {
	var workspace, user trellis.ID
	w := &Who{}
	err := i.db.QueryRow(ctx, `SELECT a.workspace_id, a.user_id, a.email, w.slug FROM trellis.session s JOIN trellis.account a ON a.id = s.account_id JOIN trellis.workspace w ON w.id = a.workspace_id
		WHERE s.token_hash = $1 AND s.expires_at > now() AND a.active`, hash).Scan(&workspace, &user, &w.Email, &w.Workspace)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errSession()
	}
	if err != nil {
		return nil, pg.Error(err)
	}
	w.Principal, err = i.UserPrincipal(ctx, w.Workspace, user)
	if trellis.CodeOf(err) == trellis.CodeNotFound { // whose record is in the trash
		return nil, errSession()
	}
	return w, err
}

// UserPrincipal is the principal of a person: roles held now, and the facts
// that rules ask for.
func (i *Identity) UserPrincipal(ctx context.Context, workspace string, user trellis.ID) (*policy.Principal, error) {
	view, err := i.catalog.Current(ctx, workspace)
	if err != nil {
		return nil, err
	}
	facts, err := i.access.Facts(ctx, view, user)
	if err != nil {
		return nil, err
	}
	p := &policy.Principal{Kind: policy.KindUser, ID: user, WorkspaceID: view.WorkspaceID, Name: facts.Name, User: facts}
	rows, err := i.db.Query(ctx, `SELECT role, valid_until FROM trellis.role_grant WHERE workspace_id = $1 AND member = $2 AND (valid_until IS NULL OR valid_until > now())`, view.WorkspaceID, "u:"+user.String())
	if err != nil {
		return nil, pg.Error(err)
	}
	var roles []string
	var role string
	var until *time.Time
	_, err = pgx.ForEachRow(rows, []any{&role, &until}, func() error {
		roles = append(roles, role)
		if until != nil && (p.ValidUntil.IsZero() || until.Before(p.ValidUntil)) {
			p.ValidUntil = *until
		}
		return nil
	})
	p.SetRoles(roles)
	return p, pg.Error(err)
}

func (i *Identity) loadKey(ctx context.Context, hash []byte) (*Who, error) {
	w := &Who{Principal: &policy.Principal{Kind: policy.KindKey}}
	var role string
	err := i.db.QueryRow(ctx, `WITH used AS (UPDATE trellis.api_key SET last_used_at = now() WHERE key_hash = $1 AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
		SELECT k.id, k.workspace_id, k.name, k.role, w.slug FROM trellis.api_key k JOIN trellis.workspace w ON w.id = k.workspace_id WHERE k.key_hash = $1 AND k.revoked_at IS NULL`, hash).
		Scan(&w.Principal.ID, &w.Principal.WorkspaceID, &w.Principal.Name, &role, &w.Workspace)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errSession()
	}
	w.Principal.SetRoles([]string{role})
	return w, pg.Error(err)
}
