package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/policy"
)

// FactsTTL is how long facts are believed. A person who leaves a team loses its
// records at the latest after this time.
const FactsTTL = time.Second

// Limits of facts.
const (
	maxLevels  = 8      // of managers over one another
	maxListed  = 10_000 // teams, or people below one person
	maxEntries = 10_000 // people whose facts are kept
)

// Facts are what rules may ask of a person: name, address, teams, and all who
// are below it (user.manager, 8 levels deep). They may be FactsTTL old and must
// not be changed. Errors are NOT_FOUND when there is no such user in the
// workspace, FORBIDDEN when it is not active.
func (a *Access) Facts(ctx context.Context, v *catalog.View, user trellis.ID) (*policy.UserFacts, error) {
	e := a.facts.entry(factsKey{v.WorkspaceID, user})
	select { // one asks, the others wait for its answer
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, pg.Error(ctx.Err())
	}
	if e.facts != nil && time.Since(e.at) < FactsTTL {
		return e.facts, nil
	}
	at := time.Now()
	f, err := a.readFacts(ctx, v, user)
	if err != nil {
		e.facts = nil
		return nil, err
	}
	e.facts, e.at = f, at
	return f, nil
}

// Forget makes the next Facts of everybody in a workspace read anew.
func (a *Access) Forget(workspace trellis.ID) { a.facts.forget(workspace) }

func (a *Access) readFacts(ctx context.Context, v *catalog.View, id trellis.ID) (*policy.UserFacts, error) {
	user := v.Snapshot.Lookup("user")
	if user == nil {
		return nil, errNoUser()
	}
	table := pgx.Identifier{v.Schema, user.Table}.Sanitize()
	members := pgx.Identifier{v.Schema, "team_member"}.Sanitize()
	col := func(field string) string { return pgx.Identifier{user.Field(field).Column}.Sanitize() }
	sql := `WITH RECURSIVE below (id, depth) AS (
	SELECT u.id, 1 FROM ` + table + ` u WHERE u.` + col("manager") + ` = $1
	UNION SELECT u.id, b.depth + 1 FROM below b JOIN ` + table + ` u ON u.` + col("manager") + ` = b.id WHERE b.depth < $2)
SELECT coalesce(u.` + col("email") + `, ''), coalesce(u.` + col("name") + `, ''), coalesce(u.` + col("active") + `, false),
	ARRAY(SELECT m.team_id FROM ` + members + ` m WHERE m.user_id = $1 ORDER BY 1 LIMIT $3),
	ARRAY(SELECT DISTINCT id FROM below ORDER BY 1 LIMIT $3)
FROM ` + table + ` u WHERE u.id = $1 AND u.deleted_at IS NULL`
	var active bool
	var teams, below [][16]byte
	f := &policy.UserFacts{ID: id}
	err := a.db.QueryRow(ctx, sql, [16]byte(id), maxLevels, maxListed+1).Scan(&f.Email, &f.Name, &active, &teams, &below)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, errNoUser()
	case err != nil:
		return nil, pg.Error(err)
	case !active:
		return nil, trellis.Errorf(trellis.CodeForbidden, "this user is not active")
	case len(teams) > maxListed || len(below) > maxListed:
		return nil, trellis.Errorf(trellis.CodeForbidden, "this user is in more than %d teams or above more than %d people", maxListed, maxListed)
	}
	f.Teams, f.Subordinates = toIDs(teams), toIDs(below)
	return f, nil
}

func errNoUser() error {
	return trellis.Errorf(trellis.CodeNotFound, "there is no such user in this workspace")
}

func toIDs(list [][16]byte) []trellis.ID {
	out := make([]trellis.ID, len(list))
	for i, id := range list {
		out[i] = id
	}
	return out
}

type factsKey struct{ workspace, user trellis.ID }

// factsEntry is one person; who has put something into turn may read and write
// the rest.
type factsEntry struct {
	turn  chan struct{}
	facts *policy.UserFacts
	at    time.Time
}

type factsCache struct {
	mu      sync.Mutex
	entries map[factsKey]*factsEntry
}

// entry finds or makes the place of a person. When the cache is full it starts
// anew: what is in use is kept by those who use it.
func (c *factsCache) entry(k factsKey) *factsEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e == nil {
		if len(c.entries) >= maxEntries {
			clear(c.entries)
		}
		e = &factsEntry{turn: make(chan struct{}, 1)}
		c.entries[k] = e
	}
	return e
}

func (c *factsCache) forget(workspace trellis.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.entries {
		if k.workspace == workspace {
			delete(c.entries, k)
		}
	}
}
