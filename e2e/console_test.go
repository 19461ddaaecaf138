package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestConsole walks through the console in a real browser: web/console/e2e has
// the steps. It needs what scripts/setup.sh test brings, and the console built.
func TestConsole(t *testing.T) {
	t.Parallel()
	console := filepath.Join(root, "web", "console")
	for what, path := range map[string]string{"the console is not built (make build)": "dist/index.html", "its packages are not installed (npm ci)": "node_modules/playwright-core/package.json"} {
		if _, err := os.Stat(filepath.Join(console, path)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	s := serve(t, dataDir(t))
	plugin := filepath.Join(t.TempDir(), "phone-tools")
	must(t, nil, "plugin", "init", plugin)
	must(t, nil, "plugin", "build", plugin)
	must(t, nil, "plugin", "install", plugin, "--data", s.data)
	key := s.apiKey("admin")
	var seller struct{ CreateUser struct{ ID string } }
	key.admin(t, `mutation { createUser(input: {name: "Li Na", email: "lina@e2e.example", password: "`+adminPassword+`", roles: ["salesRep"]}) { id } }`, nil, &seller)
	fill(t, key, seller.CreateUser.ID)

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "e2e/run.mjs")
	cmd.Dir = console
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "BASE_URL="+s.url, "ADMIN_EMAIL="+adminEmail, "ADMIN_PASSWORD="+adminPassword,
		"OTHER_EMAIL=lina@e2e.example", "OTHER_PASSWORD="+adminPassword, "VETO_MESSAGE=An account needs a country.")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the walk through the console: %v", err)
	}
	if n := strings.Count(string(out), "\nok "); n < 10 {
		t.Errorf("%d steps passed", n)
	}
}

// fill makes a few accounts, every third of the seller, and contacts enough for
// two pages.
func fill(t *testing.T, key *client, seller string) {
	t.Helper()
	var accounts, contacts []map[string]any
	for n := range 12 {
		a := map[string]any{"code": fmt.Sprintf("C-%02d", n), "name": fmt.Sprintf("Console account %d", n), "country": "SE", "creditLimit": map[string]any{"amount": "1000", "currency": "EUR"}}
		if n%3 == 0 {
			a["owner"] = seller
		}
		accounts = append(accounts, a)
	}
	for n := range 40 {
		contacts = append(contacts, map[string]any{"name": fmt.Sprintf("Contact %02d", n), "email": fmt.Sprintf("contact%d@example.com", n)})
	}
	key.data(t, `mutation($accounts: [AccountInput!]!, $contacts: [ContactInput!]!) {
		createAccounts(inputs: $accounts) { results { errors { message } } } createContacts(inputs: $contacts) { results { errors { message } } } }`,
		map[string]any{"accounts": accounts, "contacts": contacts}, nil)
}
