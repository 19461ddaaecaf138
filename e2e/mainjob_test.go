package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

// How much there is in Tryton: enough for twenty kills between batches of ten.
const (
	firstParties  = 300
	firstProducts = 60
	moreParties   = 400
	moreProducts  = 40
	pageSize      = 10
)

// mainJob is the state that its steps share.
type mainJob struct {
	t     *testing.T
	start time.Time
	erp   *trytontest.Server
	gate  *turnstile
	s     *server
	admin *client // a session
	key   *client // of the role admin
	conn  string  // id of the connection
	ids   []int64 // of the first parties
	goods []int64 // of the first products
	// kept are accounts whose party changed in a way that is refused.
	kept map[int64]account
}

// TestTheMainJob is the acceptance of the whole; the README's tour takes the
// same steps.
func TestTheMainJob(t *testing.T) {
	t.Parallel()
	j := &mainJob{t: t, start: time.Now(), kept: map[int64]account{}}
	j.step("Tryton is started and filled", j.startTryton)
	j.step("the server is started", j.startServer)
	j.step("a plugin is made, built, tested and installed", j.installPlugin)
	j.step("the plugin normalises and vetoes in GraphQL", j.vetoInGraphQL)
	j.step("Tryton is connected and pulled", j.firstPull)
	j.step("what changed comes, and nothing else is written", j.incrementalPull)
	j.step("the server is killed twenty times while batches commit", j.killTwentyTimes)
	j.step("a field is added while queries run", j.addFieldUnderLoad)
	j.step("two people see what each may", j.twoPeople)
}

func (j *mainJob) step(name string, do func()) {
	j.t.Helper()
	begin := time.Now()
	do()
	j.t.Logf("%6.1f s  %s", time.Since(begin).Seconds(), name)
	if j.t.Failed() {
		j.t.FailNow()
	}
}

func (j *mainJob) noError(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

func (j *mainJob) startTryton() {
	j.erp = trytontest.New(j.t)
	j.gate = newTurnstile(j.t, j.erp.URL)
	j.ids, j.goods = j.fill(1, firstParties, 1, firstProducts)
}

func (j *mainJob) fill(fromParty, parties, fromProduct, products int) ([]int64, []int64) {
	ids, err := j.erp.CreateParties(j.t.Context(), trytontest.GenerateParties(fromParty, parties))
	j.noError(err)
	goods, err := j.erp.CreateProducts(j.t.Context(), trytontest.GenerateProducts(fromProduct, products))
	j.noError(err)
	return ids, goods
}

func (j *mainJob) startServer() {
	j.s = serve(j.t, dataDir(j.t))
	j.connect()
	if status, body := j.s.get("/readyz"); status != 200 || body != "ready\n" {
		j.t.Errorf("/readyz answers %d %q", status, body)
	}
}

// connect makes new clients, after a start of the server.
func (j *mainJob) connect() {
	j.admin = j.s.signIn(adminEmail, adminPassword)
	j.key = j.s.apiKey("admin")
}

func (j *mainJob) installPlugin() {
	dir := filepath.Join(j.t.TempDir(), "phone-tools")
	must(j.t, nil, "plugin", "init", dir)
	must(j.t, nil, "plugin", "build", dir)
	if out := must(j.t, nil, "plugin", "test", dir); !strings.Contains(out, "6 passed, 0 failed") {
		j.t.Errorf("plugin test prints %q", out)
	}
	must(j.t, nil, "plugin", "install", dir, "--data", j.s.data)
}

// vetoInGraphQL makes the first write after the installation returned.
func (j *mainJob) vetoInGraphQL() {
	var made struct {
		Vetoed, Normal struct {
			Record *struct{ ID, Phone string }
			Errors []struct {
				Code, Message string
				Path          []any
			}
		}
	}
	j.key.data(j.t, `mutation {
		vetoed: createAccount(input: {code: "G-1", name: "No country", phone: "138 0013-8000"}) { record { id phone } errors { code path message } }
		normal: createAccount(input: {code: "G-2", name: "With one", country: "CN", phone: "138 0013-8000"}) { record { id phone } errors { code path message } }
	}`, nil, &made)
	if made.Vetoed.Record != nil || len(made.Vetoed.Errors) != 1 {
		j.t.Fatalf("an account without a country: %+v", made.Vetoed)
	}
	if e := made.Vetoed.Errors[0]; e.Code != "VETOED" || fmt.Sprint(e.Path) != "[input country]" || e.Message != "An account needs a country." {
		j.t.Errorf("the veto says %+v", e)
	}
	if made.Normal.Record == nil || made.Normal.Record.Phone != "+8613800138000" {
		j.t.Fatalf("an account with a country: %+v", made.Normal)
	}
	if n := len(accounts(j.t, j.key)); n != 1 {
		j.t.Errorf("%d accounts, want the one that was not vetoed", n)
	}
	j.key.data(j.t, `mutation($id: ID!) { deleteAccount(id: $id) { errors { code } } }`, map[string]any{"id": made.Normal.Record.ID}, nil)
}

func (j *mainJob) firstPull() {
	file := connection(j.t, j.gate.url, fmt.Sprintf("pageSize: %d", pageSize))
	env := []string{"TRYTON_PASSWORD=" + j.erp.Password}
	j.conn = strings.TrimSpace(must(j.t, env, "sync", "connect", "-f", file, "--data", j.s.data))
	if out := must(j.t, nil, "connector", "test", "tryton", "--data", j.s.data); !strings.Contains(out, "works") {
		j.t.Errorf("connector test prints %q", out)
	}
	out := must(j.t, nil, "sync", "run", "tryton", "--data", j.s.data)
	if !strings.Contains(out, "party.party") || !strings.Contains(out, "An account needs a country.") {
		j.t.Errorf("sync run prints %q", out)
	}
	j.same()
	if strings.Contains(readConnection(j.t, j.s), j.erp.Password) {
		j.t.Error("the password is stored as it is")
	}
}

// same compares everything, and the dead letters with the parties that have no
// country.
func (j *mainJob) same() {
	j.t.Helper()
	sameAsTryton(j.t, j.erp, j.key, j.kept)
	parties, err := j.erp.Parties(j.t.Context())
	j.noError(err)
	var want []int64
	for _, p := range parties {
		if p.Country == "" {
			want = append(want, p.ID)
		}
	}
	if got := j.s.deadLetters(j.t); len(want) == 0 || !slices.Equal(got, want) {
		j.t.Errorf("dead letters are %v, want the parties without a country, %v", got, want)
	}
}

// pull asks the server for a pull and waits for its end.
func (j *mainJob) pull() {
	j.t.Helper()
	j.requestPull()
	waitForPull(j.t, j.s, time.Now().Add(2*time.Minute))
}

func (j *mainJob) requestPull() {
	j.t.Helper()
	j.admin.admin(j.t, `mutation($id: ID!) { syncConnection(id: $id) }`, map[string]any{"id": j.conn}, nil)
}
