package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

// incrementalPull changes Tryton in every way and wants exactly that here.
func (j *mainJob) incrementalPull() {
	before := j.versions()
	j.pull() // nothing changed: all is read again, since it is young, and nothing written
	if after := j.versions(); len(after) != len(before) {
		j.t.Errorf("%d accounts before a pull of nothing, %d after", len(before), len(after))
	} else {
		for code, v := range before {
			if after[code] != v {
				j.t.Errorf("account %s was written by a pull of nothing: version %d, then %d", code, v, after[code])
			}
		}
	}
	changed := j.changeTryton()
	j.pull()
	j.same()
	for code, v := range j.versions() {
		if was, known := before[code]; known && !changed[code] && v != was {
			j.t.Errorf("account %s did not change and was written: version %d, then %d", code, was, v)
		}
	}
}

func (j *mainJob) versions() map[string]int64 {
	out := map[string]int64{}
	for _, a := range accounts(j.t, j.key) {
		out[a.Code] = a.Version
	}
	return out
}

// changeTryton changes some of the first parties and products, makes new ones
// (whose write_date is null), and gives the codes of what changed.
func (j *mainJob) changeTryton() map[string]bool {
	ctx, erp := j.t.Context(), j.erp
	parties, err := erp.Parties(ctx)
	j.noError(err)
	byID := map[int64]trytontest.Party{}
	for _, p := range parties {
		byID[p.ID] = p
	}
	var full, empty []int64 // with and without a country
	for _, id := range j.ids {
		if byID[id].Country == "" {
			empty = append(empty, id)
		} else {
			full = append(full, id)
		}
	}
	changed := map[string]bool{}
	touch := func(id int64, err error) {
		j.noError(err)
		changed[byID[id].Code] = true
	}
	touch(full[0], erp.RenameParty(ctx, full[0], "改名后的公司"))
	touch(full[1], erp.SetPartyPhone(ctx, full[1], "0086 (21) 5555-0101")) // a child alone
	touch(full[2], erp.SetPartyCity(ctx, full[2], "Hamburg", "DE"))        // another child
	touch(full[3], erp.ArchiveParty(ctx, full[3], true))
	touch(full[4], erp.ArchiveParty(ctx, full[4], true))
	touch(full[4], erp.ArchiveParty(ctx, full[4], false)) // and back: nothing to write
	// Refused now, so the account stays as it was; and accepted now.
	j.kept[full[5]] = wantAccount(byID[full[5]])
	touch(full[5], erp.SetPartyCity(ctx, full[5], "Nowhere", ""))
	touch(empty[0], erp.SetPartyCity(ctx, empty[0], "London", "GB"))

	j.noError(erp.SetProductPrice(ctx, j.goods[0], "1234.5678"))
	j.noError(erp.RenameProduct(ctx, j.goods[1], "电机 2.0"))
	j.noError(erp.ArchiveProduct(ctx, j.goods[2], true))
	j.fill(firstParties+1, 30, firstProducts+1, 10)
	return changed
}

// waitForPull returns when the connection has nothing left to read.
func waitForPull(t *testing.T, s *server, deadline time.Time) {
	t.Helper()
	conn := s.sql()
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// Ready, and every job that asks for a pull is done; those of killed
		// servers stay running.
		var status, problem string
		var waiting int
		err := conn.QueryRow(ctx, `SELECT status, coalesce(problem, ''), (SELECT count(*) FROM river.river_job WHERE kind = 'sync.pull' AND
			(state IN ('available', 'scheduled', 'retryable') OR state = 'running' AND attempted_at > $1)) FROM trellis.connection`, s.since).
			Scan(&status, &problem, &waiting)
		if err != nil {
			t.Fatalf("waiting for a pull (%s %s, %d jobs): %v", status, problem, waiting, err)
		}
		if status == "paused" {
			t.Fatalf("the connection is paused: %s", problem)
		}
		if status == "ready" && waiting == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("a pull takes too long: %s %s, %d jobs", status, problem, waiting)
		case <-tick.C:
		}
	}
}

// readConnection is what is stored of the connection, as text.
func readConnection(t *testing.T, s *server) string {
	t.Helper()
	var text string
	if err := s.sql().QueryRow(t.Context(), `SELECT c::text || encode(c.secrets, 'escape') FROM trellis.connection c`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
