# sellthrough: build, run, test. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench fuzz soak chaos quick test-data build assets clean tools tools-race tools-browser tools-alerts tools-kafka tools-clients

# The oldest Go that builds the module, and the checkers at the versions the tree is clean under.
GO_MIN        := 1.26
GOFUMPT       := mvdan.cc/gofumpt@v0.12.0
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What a caller may set: make run CONFIG=mine.yaml (its data folder, ports and log), make fuzz FUZZTIME=10m, make test PKG=./transform/...
CONFIG   ?= sellthrough.yaml
PKG      ?= ./...
FUZZTIME ?= 30s
BENCH    ?=
DATA     ?= ../shared/data
SAMPLES  ?= ../shared/samples
SEEDS    ?= 10000
MINUTES  ?= 15
SEED     ?= 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start everything with the demo channel (fetches ClickHouse, 180 MB, the first time)
	bin/sellthrough up --demo --config $(CONFIG)

build: tools assets ## build bin/sellthrough
	@echo "building bin/sellthrough $(VERSION) (the first build also fetches and compiles its modules: some minutes)"
	CGO_ENABLED=0 go build -v -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/sellthrough ./cmd/sellthrough

test: tools tools-race tools-kafka assets tools-browser tools-alerts tools-clients ## all tests, with the race detector, on the project's own fixtures and the embedded engines
	go test -race -timeout 60m $(PKG)

quick: ## what needs no engine, browser or download, in less than a minute; 100 seeds of the simulation
	go test -short $$(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}} {{join .Imports " "}}' ./... | \
		grep -vE 'enginetest|kafkatest|pagetest|channeltest|sellthrough/(bench|e2e)' | cut -d' ' -f1)

test-data: tools assets ## the tests over other people's files: data sets in DATA=../shared/data, samples of formats in SAMPLES=../shared/samples
	@test -d '$(DATA)' || { echo "make test-data: there is no folder $(DATA); name it: make test-data DATA=/path/to/data" >&2; exit 1; }
	@test -d '$(SAMPLES)' || { echo "make test-data: there is no folder $(SAMPLES); name it: make test-data SAMPLES=/path/to/samples" >&2; exit 1; }
	SELLTHROUGH_DATA='$(abspath $(DATA))' SELLTHROUGH_SAMPLES='$(abspath $(SAMPLES))' go test -tags data -count=1 -timeout 60m -run TestData ./ingest/... ./e2e/...

check: tools ## gofumpt, go vet, golangci-lint (with the import rule), go mod tidy -diff, then the tests
	@echo "gofumpt -l ."; out=$$(go run $(GOFUMPT) -l .) || exit 1; \
	if [ -n "$$out" ]; then echo "$$out"; echo "make check: format these files: go run $(GOFUMPT) -w ." >&2; exit 1; fi
	go vet ./...
	go vet -tags chaos ./e2e
	go run $(GOLANGCI_LINT) run ./...
	go mod tidy -diff
	@$(MAKE) --no-print-directory test

bench: tools ## the whole road under load, beside a bare client on the same tables; prints its table
	go run ./bench $(BENCH)

fuzz: tools ## every fuzz target in turn, each for FUZZTIME=30s
	@for pkg in $$(go list ./...); do \
		list=$$(go test -list '^Fuzz' $$pkg) || { echo "$$list" >&2; exit 1; }; \
		for target in $$(echo "$$list" | grep '^Fuzz'); do \
			echo "fuzz $$pkg $$target for $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

soak: tools ## SEEDS=10000 seeds of the simulation, on all processors
	go test -c -o bin/sim.test ./sim
	cd sim && began=$$SECONDS && seq 1 500 $(SEEDS) | xargs -P "$$(nproc)" -I FROM ../bin/sim.test -test.run '^TestWhatever' -test.timeout 2h -from FROM -seeds 500 && \
		echo "$(SEEDS) seeds without a violation in $$((SECONDS - began)) s"

chaos: tools tools-kafka assets ## MINUTES=15 of faults on real processes, three Apache Kafkas and ClickHouse under load, then every line is counted; as root disks run full too
	CI=true go test -tags chaos -count=1 -v -timeout $$(($(MINUTES) * 2 + 45))m -run '^TestChaos$$' ./e2e -args -minutes $(MINUTES) -seed $(SEED)

assets: ## put the page's chart library where the program embeds it (npm fetches it, 12 MB, once)
	@dashboards/page/fetch-charts

clean: ## remove what was built; the data of `make run` (./data) stays
	rm -rf bin dist

tools:
	@command -v go >/dev/null || { echo "make: Go $(GO_MIN) or newer is needed; see https://go.dev/dl" >&2; exit 1; }
	@have=$$(go env GOVERSION | sed 's/^go//') && [ -n "$$have" ] || { echo "make: this go ($$(go version)) can't give Go $(GO_MIN); install it from https://go.dev/dl" >&2; exit 1; }; \
	[ "$$(printf '%s\n' $(GO_MIN) "$$have" | sort -V | head -n 1)" = $(GO_MIN) ] || \
		{ echo "make: Go $$have is too old; $(GO_MIN) or newer is needed: https://go.dev/dl" >&2; exit 1; }
	@command -v npm >/dev/null || command -v clickhouse >/dev/null || \
		{ echo "make: npm is needed to fetch the embedded ClickHouse (Debian: apt-get install npm), or a clickhouse on the PATH" >&2; exit 1; }

tools-race:
	@[ "$$(go env CGO_ENABLED)" = 1 ] || { echo "make: the race detector needs cgo, which is off (CGO_ENABLED=0, or no C compiler: apt-get install gcc libc6-dev)" >&2; exit 1; }
	@cc=$$(go env CC); command -v "$${cc%% *}" >/dev/null || { echo "make: the race detector needs the C compiler $$cc (Debian: apt-get install gcc libc6-dev)" >&2; exit 1; }

# The tests of the page look at it in a real browser.
tools-browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || command -v chromium-browser >/dev/null || test -n "$$CHROMIUM" || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { echo "make: the tests of the page need a Chromium (Debian: apt-get install chromium fonts-noto-cjk), or its path in CHROMIUM" >&2; exit 1; }; \
		echo "installing chromium for the tests of the page, once"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -qq chromium fonts-noto-cjk >/dev/null; }

# The doors are also tested with the clients that partners have.
tools-clients:
	@{ command -v sftp && command -v ssh-keygen && command -v curl; } >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { echo "make: the tests of the doors need OpenSSH's sftp and curl (Debian: apt-get install openssh-client curl)" >&2; exit 1; }; \
		echo "installing openssh-client and curl for the tests of the doors, once"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-client curl >/dev/null; }

# The tests of the alerts speak to a real Alertmanager, and have Prometheus read the rules.
tools-alerts:
	@{ command -v prometheus-alertmanager || command -v alertmanager; } >/dev/null && command -v promtool >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { test -z "$$CI" || { echo "make: the tests of the alerts need an Alertmanager and promtool (Debian: apt-get install prometheus prometheus-alertmanager)" >&2; exit 1; }; \
			echo "make: no Alertmanager or promtool: their tests are skipped (Debian: apt-get install prometheus prometheus-alertmanager)" >&2; exit 0; }; \
		echo "installing prometheus and prometheus-alertmanager for the tests of the alerts, once"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends prometheus prometheus-alertmanager >/dev/null; }

# The road is also tested on Apache Kafka itself, which Maven fetches and Java runs. In CI nothing is skipped.
tools-kafka:
	@{ command -v java && command -v mvn; } >/dev/null || { test -n "$$CI" || { echo "make: no java or mvn: the tests on Apache Kafka are skipped (Debian: apt-get install default-jdk-headless maven)" >&2; exit 0; }; \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { echo "make: the tests on Apache Kafka need Java 17 and Maven (Debian: apt-get install default-jdk-headless maven)" >&2; exit 1; }; \
		echo "installing Java and Maven for the tests on Apache Kafka, once"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jdk-headless maven >/dev/null; }
