package identity

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/pg"
)

// NewUser is a person to be let in.
type NewUser struct {
	Name     string
	Email    string
	Password string // empty: cannot sign in yet
	Roles    []string
}

// User is a person with what they may sign in as.
type User struct {
	ID     trellis.ID // the record in user
	Name   string
	Email  string
	Active bool
	Roles  []string
}

// CreateUser makes the record in user, the account and the role grants, all or
// none. r is whose act it is; the caller has checked that they are an admin.
// Errors: INVALID_INPUT for a bad address, password or role, CONFLICT for an
// address that is taken.
func (i *Identity) CreateUser(ctx context.Context, r *core.Request, u NewUser) (*User, error) {
	u.Email = strings.ToLower(strings.TrimSpace(u.Email))
	if err := i.checkUser(r, u); err != nil {
		return nil, err
	}
	var hash *string
	if u.Password != "" {
		h, err := i.hashing.hash(ctx, u.Password)
		if err != nil {
			return nil, err
		}
		hash = &h
	}
	made := &User{Name: u.Name, Email: u.Email, Active: true, Roles: u.Roles}
	workspace := r.View.WorkspaceID
	_, err := i.engine.Write(ctx, r, &core.Write{
		Ops: []core.Op{{Verb: core.Create, Object: "user", Values: map[string]any{"name": u.Name, "email": u.Email, "active": true}}},
		Also: func(ctx context.Context, tx pgx.Tx, results []core.Result) error {
			made.ID = results[0].ID
			if _, err := tx.Exec(ctx, `INSERT INTO trellis.account (id, workspace_id, user_id, email, password_hash) VALUES ($1, $2, $3, $4, $5)`,
				trellis.NewID(), workspace, made.ID, u.Email, hash); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO trellis.role_grant (workspace_id, member, role) SELECT $1, $2, unnest($3::text[])`, workspace, "u:"+made.ID.String(), u.Roles)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (i *Identity) checkUser(r *core.Request, u NewUser) error {
	var errs trellis.Errors
	if u.Password != "" {
		if err := CheckPassword(u.Password); err != nil {
			errs = append(errs, trellis.Public(err)...)
		}
	}
	for n, role := range u.Roles {
		if r.View.Snapshot.Role(role) == nil {
			errs = append(errs, trellis.Errorf(trellis.CodeInvalidInput, "there is no role %q", role).At("roles", n))
		}
	}
	return errs.Err()
}

// SetPassword changes a person's password and ends their sessions.
func (i *Identity) SetPassword(ctx context.Context, workspace trellis.ID, email, password string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	hash, err := i.hashing.hash(ctx, password)
	if err != nil {
		return err
	}
	tag, err := i.db.Exec(ctx, `WITH a AS (UPDATE trellis.account SET password_hash = $3 WHERE workspace_id = $1 AND email = $2 RETURNING id)
		, gone AS (DELETE FROM trellis.session WHERE account_id IN (SELECT id FROM a)) SELECT id FROM a`, workspace, strings.ToLower(email), hash)
	if err == nil && tag.RowsAffected() == 0 {
		return trellis.Errorf(trellis.CodeNotFound, "nobody has that e-mail address").At("email")
	}
	return pg.Error(err)
}

// Users lists the people of a workspace by name.
func (i *Identity) Users(ctx context.Context, r *core.Request) ([]User, error) {
	rows, err := i.db.Query(ctx, `SELECT a.user_id, a.email, a.active, array_remove(array_agg(g.role ORDER BY g.role), NULL) FROM trellis.account a
		LEFT JOIN trellis.role_grant g ON g.workspace_id = a.workspace_id AND g.member = 'u:' || a.user_id AND (g.valid_until IS NULL OR g.valid_until > now())
		WHERE a.workspace_id = $1 GROUP BY a.user_id, a.email, a.active ORDER BY a.email LIMIT 10000`, r.View.WorkspaceID)
	if err != nil {
		return nil, pg.Error(err)
	}
	users, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (User, error) {
		var u User
		err := row.Scan(&u.ID, &u.Email, &u.Active, &u.Roles)
		u.Name = u.Email
		return u, err
	})
	if err != nil {
		return nil, pg.Error(err)
	}
	for n := range users {
		if facts, err := i.access.Facts(ctx, r.View, users[n].ID); err == nil && facts.Name != "" {
			users[n].Name = facts.Name
		}
	}
	return users, nil
}

// HasUsers says whether anybody may sign in to the workspace.
func (i *Identity) HasUsers(ctx context.Context, workspace trellis.ID) (bool, error) {
	var some bool
	err := i.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM trellis.account WHERE workspace_id = $1)`, workspace).Scan(&some)
	return some, pg.Error(err)
}

// APIKey is a key as it is listed: without the key.
type APIKey struct {
	ID         trellis.ID
	Name       string
	Role       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	Revoked    bool
}

// CreateKey makes an API key that holds one role. The key is given this once.
func (i *Identity) CreateKey(ctx context.Context, r *core.Request, name, role string) (id trellis.ID, key string, err error) {
	switch {
	case r.View.Snapshot.Role(role) == nil:
		return id, "", trellis.Errorf(trellis.CodeInvalidInput, "there is no role %q", role).At("role")
	case name == "" || len(name) > 200:
		return id, "", trellis.Errorf(trellis.CodeInvalidInput, "a key has a name of 200 characters at most").At("name")
	}
	id = trellis.NewID()
	key, hash := secret(keyPrefix)
	_, err = i.db.Exec(ctx, `INSERT INTO trellis.api_key (id, workspace_id, name, role, key_hash, created_by) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, r.View.WorkspaceID, name, role, hash[:], r.Principal.String())
	return id, key, pg.Error(err)
}

// RevokeKey ends a key; false when there is none.
func (i *Identity) RevokeKey(ctx context.Context, r *core.Request, id trellis.ID) (bool, error) {
	tag, err := i.db.Exec(ctx, `UPDATE trellis.api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND workspace_id = $2`, id, r.View.WorkspaceID)
	i.mu.Lock()
	clear(i.known)
	i.mu.Unlock()
	return tag.RowsAffected() > 0, pg.Error(err)
}

// Keys lists the API keys of a workspace, newest first.
func (i *Identity) Keys(ctx context.Context, r *core.Request) ([]APIKey, error) {
	rows, err := i.db.Query(ctx, `SELECT id, name, role, created_at, last_used_at, revoked_at IS NOT NULL FROM trellis.api_key WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC LIMIT 10000`, r.View.WorkspaceID)
	if err != nil {
		return nil, pg.Error(err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (APIKey, error) {
		var k APIKey
		err := row.Scan(&k.ID, &k.Name, &k.Role, &k.CreatedAt, &k.LastUsedAt, &k.Revoked)
		return k, err
	})
	return keys, pg.Error(err)
}
