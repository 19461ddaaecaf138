package e2e

import (
	"math/rand/v2"
	"slices"
	"time"
)

const kills = 20

// killTwentyTimes gives the sync much to do and kills the server in the middle
// of it, at random points, until it was killed twenty times. The counter of
// committed batches, read while nothing can move it, proves that batches were
// committed between the kills.
func (j *mainJob) killTwentyTimes() {
	j.fillMore()
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	j.t.Logf("the seed of the kills is %d", seed)
	j.gate.shut()
	j.requestPull()
	before := j.batches()
	moved := []int64{}
	for range kills {
		reached := j.gate.let(1 + rng.IntN(3))
		select {
		case <-reached:
		case <-time.After(time.Minute):
			j.t.Fatal("no page was read for a minute")
		}
		// From before the batch's transaction begins to after it is committed.
		<-time.After(time.Duration(rng.IntN(60)) * time.Millisecond)
		j.s.kill()
		j.gate.shut()
		j.s = serve(j.t, j.s.data)
		now := j.batches()
		if now < before {
			j.t.Fatalf("%d batches were committed before a kill and %d are there after it", before, now)
		}
		moved = append(moved, now-before)
		before = now
		if status := j.connectionStatus(); status != "running" {
			j.t.Fatalf("after %d kills the pull was over (%s): there is too little to read", len(moved), status)
		}
	}
	j.connect()
	j.gate.let(0)
	waitForPull(j.t, j.s, time.Now().Add(2*time.Minute))
	j.t.Logf("batches committed before each kill: %v, and after the last: %d", moved, j.batches()-before)
	if between := len(slices.DeleteFunc(moved, func(n int64) bool { return n == 0 })); between < kills/2 {
		j.t.Errorf("batches were committed before %d of %d kills only", between, kills)
	}
	j.same()
	j.nothingTwice()
}

// fillMore makes new parties and products, and changes many of the old.
func (j *mainJob) fillMore() {
	ctx := j.t.Context()
	j.fill(firstParties+31, moreParties, firstProducts+11, moreProducts)
	parties, err := j.erp.Parties(ctx)
	j.noError(err)
	for i, p := range parties {
		if _, refused := j.kept[p.ID]; !refused && p.Country != "" && i%4 == 0 {
			j.noError(j.erp.RenameParty(ctx, p.ID, p.Name+" 新"))
		}
	}
}

// batches is how many were ever committed.
func (j *mainJob) batches() int64 {
	j.t.Helper()
	var n int64
	j.noError(j.s.sql().QueryRow(j.t.Context(), `SELECT sum(batches)::bigint FROM trellis.sync_checkpoint`).Scan(&n))
	return n
}

func (j *mainJob) connectionStatus() (status string) {
	j.t.Helper()
	j.noError(j.s.sql().QueryRow(j.t.Context(), `SELECT status FROM trellis.connection`).Scan(&status))
	return status
}

// nothingTwice asks the tables: a record, a link and a create in the outbox for
// each party taken over, and the versions of each record in the outbox without
// a gap or a repetition.
func (j *mainJob) nothingTwice() {
	j.t.Helper()
	for object, stream := range map[string]string{"account": "party.party", "product": "product.product"} {
		var records, codes, links, linked int
		err := j.s.sql().QueryRow(j.t.Context(), `SELECT count(*), count(DISTINCT code),
			(SELECT count(*) FROM trellis.sync_link WHERE stream = $1), (SELECT count(DISTINCT record_id) FROM trellis.sync_link WHERE stream = $1)
			FROM ws_main.`+object+` WHERE deleted_at IS NULL`, stream).Scan(&records, &codes, &links, &linked)
		j.noError(err)
		if records != codes || records != links || records != linked {
			j.t.Errorf("%s: %d records, %d codes, %d links to %d records: all should be the same", object, records, codes, links, linked)
		}
		var wrong []string
		err = j.s.sql().QueryRow(j.t.Context(), `
			WITH c AS (SELECT e->>'id' AS id, e->>'op' AS op, (e->>'version')::bigint AS version FROM trellis.outbox, json_array_elements(changes) e WHERE object = $1),
			sums AS (SELECT id, count(*) FILTER (WHERE op = 'create') AS creates, count(*) AS n, count(DISTINCT version) AS versions, min(version) AS first, max(version) AS last FROM c GROUP BY id)
			SELECT coalesce(array_agg(coalesce(r.id::text, s.id)), '{}') FROM ws_main.`+object+` r FULL JOIN sums s ON s.id = r.id::text
			WHERE r.id IS NULL OR s.id IS NULL OR creates <> 1 OR n <> versions OR first <> 1 OR last <> n OR last <> r.version`, object).Scan(&wrong)
		j.noError(err)
		if len(wrong) > 0 {
			j.t.Errorf("the outbox does not tell the history of %d records of %s: %v", len(wrong), object, wrong[:min(5, len(wrong))])
		}
	}
}
