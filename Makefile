# What one does with this repository. make help lists it.
#
# Needed beforehand: Go (the version go.mod names), Node.js 20 or newer with npm,
# and for make test a Debian-like system. The rest is set up by scripts/setup.sh.

FUZZTIME   ?= 20s
BENCHFLAGS ?=
LISTEN     ?= 127.0.0.1:8080
DATA       ?= data

# Everything is compiled in the same way, so that build, vet, lint and test share
# one cache: without C, as a released binary is, and with nothing of the machine
# or the clone in it.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(filter-out -trimpath -buildvcs%,$(GOFLAGS)) -trimpath -buildvcs=false)

console := web/console
console_sources := $(shell find $(console)/src $(console)/public $(console)/scripts \
	-type f -not -path '$(console)/src/gen/*' 2>/dev/null) \
	$(wildcard $(console)/*.json $(console)/*.js $(console)/*.ts $(console)/*.html) \
	$(wildcard graphql/admin/*.graphql)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Use

.PHONY: help
help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install what is missing to run Trellis: PostgreSQL
	@scripts/setup.sh

.PHONY: run
run: setup build ## build and serve with sample data on LISTEN (127.0.0.1:8080), data in DATA (./data)
	bin/trellis serve --demo --listen $(LISTEN) --data $(DATA)

##@ Build

.PHONY: build
build: console trellis ## build the console and bin/trellis

.PHONY: console
console: $(console)/dist/index.html ## build the console when its sources changed

.PHONY: trellis
trellis: ## build bin/trellis with the console as it was built last
	go build -o bin/trellis ./cmd/trellis

# npm writes this file last; what it lists is what is installed.
$(console)/node_modules/.package-lock.json: $(console)/package.json $(console)/package-lock.json
	npm ci --prefix $(console) --no-audit --no-fund </dev/null
	@touch $@

$(console)/dist/index.html: $(console)/node_modules/.package-lock.json $(console_sources)
	npm run --prefix $(console) build </dev/null
	@touch $@

##@ Check

.PHONY: test
test: test-setup build test-console test-go ## run every test, those in a browser and against a real ERP too

.PHONY: test-setup
test-setup: ## install what the tests drive: PostgreSQL, Chromium, Tryton
	@scripts/setup.sh test

.PHONY: test-console
test-console: console ## run the console's unit tests
	npm test --prefix $(console) </dev/null

# Packages run beside each other, one per processor. Those that need PostgreSQL
# share one server, which the first of them starts. The time limit is per package.
.PHONY: test-go
test-go: build ## run the Go tests, with those in e2e/ that drive the whole program
	go test -timeout 10m ./...

.PHONY: test-race
test-race: ## run the Go tests of concurrent packages with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -timeout 20m ./core/... ./connectors/... ./plugins/... ./policy/... ./graphql/...

.PHONY: lint
lint: lint-go lint-console ## check format, types and habits of Go and TypeScript

.PHONY: lint-go
lint-go: ## gofmt, go vet and golangci-lint (built from tools/go.mod)
	@files=$$(find . -name '*.go' -not -path '*/node_modules/*' -exec gofmt -s -l {} +); \
	if [ -n "$$files" ]; then echo "gofmt -s -w is needed for:" >&2; echo "$$files" >&2; exit 1; fi
	go vet ./...
	go tool -modfile=tools/go.mod golangci-lint run

.PHONY: lint-console
lint-console: $(console)/node_modules/.package-lock.json ## tsc and eslint
	npm run --prefix $(console) lint </dev/null

.PHONY: hammer
hammer: ## writers, readers and an admin at once for 30 seconds, replayed against the tables
	go test ./core -run '^TestHammer$$' -hammer=30s -v

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (20s)
	@set -e; grep -rn --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | \
	sed -E 's|^(.*)/[^/]+:[0-9]+:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort | \
	while read -r dir name; do \
		echo "go test -run '^$$' -fuzz '^$$name\$$' -fuzztime $(FUZZTIME) $$dir"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$dir" </dev/null; \
	done

.PHONY: bench
bench: setup build ## measure against hand-written SQL and write bench/report.json
	go run ./bench/cmd/bench -server bin/trellis $(BENCHFLAGS)

##@ Tidy

.PHONY: clean
clean: ## remove what build made (not data/, not node_modules/)
	rm -rf bin $(console)/src/gen $(console)/dist
	mkdir -p $(console)/dist && touch $(console)/dist/.gitkeep
