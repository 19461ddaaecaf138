package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
)

// Store keeps installed plugins in trellis.plugin. Every version stays until
// it is removed, at most one of a plugin is enabled, and a version never
// changes its content. Each change notifies Channel with the workspace's id, and
// raises the workspace's policy version: a write prepared without a plugin is
// not committed after its installation.
type Store struct{ db *pg.DB }

// Channel is where changes are told.
const Channel = "trellis_plugin"

// NewStore keeps plugins in a database whose migrations have run.
func NewStore(db *pg.DB) *Store { return &Store{db} }

// Installed describes a version in the store.
type Installed struct {
	ID, Version, Digest string
	Enabled             bool
	InstalledAt         time.Time
	InstalledBy         string
	Bytes               int64
}

// Install adds a version and enables it in place of any other, in one
// transaction. The same content again is no error; other content under a
// version that exists is CONFLICT. by names the principal.
func (s *Store) Install(ctx context.Context, workspace trellis.ID, pkg *Package, by string) error {
	m := pkg.Manifest
	return s.change(ctx, workspace, func(tx pgx.Tx) error {
		if err := lockPlugin(ctx, tx, workspace, m.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO trellis.plugin
			(workspace_id, id, version, manifest, digest, module, signature, installed_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (workspace_id, id, version) DO NOTHING`,
			uuid(workspace), m.ID, m.Version, string(pkg.Source), pkg.Digest, pkg.Module, pkg.Signature, by)
		if err != nil {
			return fmt.Errorf("insert plugin: %w", err)
		}
		var digest, manifest string
		err = tx.QueryRow(ctx, `SELECT digest, manifest FROM trellis.plugin WHERE workspace_id = $1 AND id = $2 AND version = $3`,
			uuid(workspace), m.ID, m.Version).Scan(&digest, &manifest)
		if err != nil {
			return fmt.Errorf("read plugin back: %w", err)
		}
		if digest != pkg.Digest || manifest != string(pkg.Source) {
			return trellis.Errorf(trellis.CodeConflict, "plugin %s %s is installed with other content: raise its version", m.ID, m.Version)
		}
		return enable(ctx, tx, workspace, m.ID, m.Version)
	})
}

// Enable makes a version that is in the store the one that runs: the way back
// to an earlier one. An empty version disables the plugin.
func (s *Store) Enable(ctx context.Context, workspace trellis.ID, id, version string) error {
	return s.change(ctx, workspace, func(tx pgx.Tx) error {
		if err := lockPlugin(ctx, tx, workspace, id); err != nil {
			return err
		}
		return enable(ctx, tx, workspace, id, version)
	})
}

// Remove deletes a version that is not enabled.
func (s *Store) Remove(ctx context.Context, workspace trellis.ID, id, version string) error {
	return s.change(ctx, workspace, func(tx pgx.Tx) error {
		var enabled bool
		err := tx.QueryRow(ctx, `SELECT enabled FROM trellis.plugin
			WHERE workspace_id = $1 AND id = $2 AND version = $3 FOR UPDATE`, uuid(workspace), id, version).Scan(&enabled)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return notInstalled(id, version)
		case err != nil:
			return fmt.Errorf("read plugin: %w", err)
		case enabled:
			return trellis.Errorf(trellis.CodeConflict, "plugin %s %s is enabled: enable another version or none first", clip(id), clip(version))
		}
		_, err = tx.Exec(ctx, `DELETE FROM trellis.plugin WHERE workspace_id = $1 AND id = $2 AND version = $3`, uuid(workspace), id, version)
		return err
	})
}

// List gives every version in the store, by id, the newest installation first.
func (s *Store) List(ctx context.Context, workspace trellis.ID) ([]Installed, error) {
	rows, err := s.db.Query(ctx, `SELECT id, version, digest, enabled, installed_at, installed_by, length(module)::bigint
		FROM trellis.plugin WHERE workspace_id = $1 ORDER BY id, installed_at DESC, version`, uuid(workspace))
	if err != nil {
		return nil, fmt.Errorf("list plugins: %w", pg.Error(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Installed])
}

// Enabled gives the packages that are to run.
func (s *Store) Enabled(ctx context.Context, workspace trellis.ID) ([]*Package, error) {
	rows, err := s.db.Query(ctx, `SELECT id, version, manifest, digest, module, signature
		FROM trellis.plugin WHERE workspace_id = $1 AND enabled ORDER BY id`, uuid(workspace))
	if err != nil {
		return nil, fmt.Errorf("read plugins: %w", pg.Error(err))
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Package, error) {
		var id, version, source string
		pkg := &Package{}
		if err := row.Scan(&id, &version, &source, &pkg.Digest, &pkg.Module, &pkg.Signature); err != nil {
			return nil, err
		}
		m, err := ParseManifest([]byte(source))
		if err != nil {
			// A manifest that an older server took and this one does not: its
			// hooks are unknown, so running without them would fail open.
			return nil, fmt.Errorf("the manifest of plugin %s %s: %w", id, version, err)
		}
		pkg.Manifest, pkg.Source = m, []byte(source)
		return pkg, nil
	})
}

// Digest is how a module is named: SHA-256 in hex.
func Digest(module []byte) string {
	sum := sha256.Sum256(module)
	return hex.EncodeToString(sum[:])
}

// change runs fn in a transaction that tells the servers.
func (s *Store) change(ctx context.Context, workspace trellis.ID, fn func(pgx.Tx) error) error {
	return s.db.Tx(ctx, func(tx pgx.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if err := catalog.TouchPolicy(ctx, tx, workspace); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, Channel, workspace.String())
		return err
	})
}

// lockPlugin makes changes of one plugin follow each other.
func lockPlugin(ctx context.Context, tx pgx.Tx, workspace trellis.ID, id string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('trellis.plugin/' || $1 || '/' || $2, 0))`, workspace.String(), id)
	if err != nil {
		return fmt.Errorf("lock plugin: %w", err)
	}
	return nil
}

func enable(ctx context.Context, tx pgx.Tx, workspace trellis.ID, id, version string) error {
	// The other version first: the unique index is checked row by row.
	if _, err := tx.Exec(ctx, `UPDATE trellis.plugin SET enabled = false
		WHERE workspace_id = $1 AND id = $2 AND enabled AND version <> $3`, uuid(workspace), id, version); err != nil {
		return fmt.Errorf("disable plugin: %w", err)
	}
	if version == "" {
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE trellis.plugin SET enabled = true
		WHERE workspace_id = $1 AND id = $2 AND version = $3`, uuid(workspace), id, version)
	if err != nil {
		return fmt.Errorf("enable plugin: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return notInstalled(id, version)
	}
	return nil
}

func notInstalled(id, version string) error {
	return trellis.Errorf(trellis.CodeNotFound, "plugin %s %s is not installed", clip(id), clip(version))
}

func uuid(id trellis.ID) [16]byte { return id }
