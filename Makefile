# Two commands do most of it: `make run` and `make test`. `make` lists all.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help

ROOT      := $(CURDIR)
CACHE     ?= $(ROOT)/.cache
VERSION   ?= $(shell git describe --tags --match 'v*' --dirty 2>/dev/null | sed 's/^v//' | grep . || echo 0.1.0-dev)
LDFLAGS   := -s -w -X main.release=$(VERSION)
APP       ?= testdata/apps/guestbook
ARGS      ?=

# Modules beside the main one: the demo app and the browser tests.
NESTED    := testdata/apps/guestbook testdata/browser
# Programs of the repository that ./... does not reach.
TOOLS     := ./testdata/bench ./testdata/tally

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The race detector needs a C compiler; a machine without one tests without it.
RACE      := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
TESTFLAGS ?=
GOTEST    := go test $(TESTFLAGS)

LINT_VERSION := v2.15.0
LINT         := $(CACHE)/golangci-lint-$(LINT_VERSION)

GATEWAY_VERSION := v1.8.0
GATEWAY         := $(CACHE)/bin/versitygw

export GOFLAGS := -buildvcs=false $(GOFLAGS)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## build inshore and run the guestbook with its add-ons (APP=dir, ARGS=flags)
	bin/inshore up -C $(APP) $(ARGS)

.PHONY: build
build: ## build bin/inshore
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/inshore ./cmd/inshore

.PHONY: test
test: ## vet and test everything that needs neither Docker nor a browser
	go vet ./... $(TOOLS)
	$(GOTEST) $(RACE) ./... $(TOOLS)
	cd testdata/apps/guestbook && go vet ./... && $(GOTEST) $(RACE) ./...
	cd testdata/browser && go vet ./...

.PHONY: test-engines
test-engines: $(GATEWAY) ## the add-on conformance suite on native servers and embedded ones, both required
	PATH=$(CACHE)/bin:$$PATH INSHORE_TEST_REQUIRE=native,embedded $(GOTEST) -count=1 -timeout 10m ./addons/...

.PHONY: test-docker
test-docker: ## start an engine if none answers, build the images here, test the container drivers (root)
	testdata/images/engine.sh
	testdata/images/build.sh
	TESTCONTAINERS_RYUK_DISABLED=true INSHORE_TEST_DOCKER=1 INSHORE_TEST_REQUIRE=container \
	  $(GOTEST) -count=1 -timeout 15m ./addons/...
	scripts=$$(grep -lE '\[!?docker\]' testdata/script/*.txtar | sed 's|.*/||; s|\.txtar$$||' | paste -sd '|' || true); \
	if [ -n "$$scripts" ]; then \
	  TESTCONTAINERS_RYUK_DISABLED=true INSHORE_TEST_DOCKER=1 \
	    $(GOTEST) -count=1 -timeout 10m -run "TestScript/^($$scripts)\$$" ./cmd/inshore; \
	fi

.PHONY: test-browser
test-browser: build ## sign the guestbook in Chromium, through the router
	cd testdata/browser && INSHORE_BIN=$(ROOT)/bin/inshore INSHORE_TEST_REQUIRE=browser $(GOTEST) -count=1 -timeout 10m ./...

# No distribution has a package of the S3 server that the native driver finds.
$(GATEWAY):
	@mkdir -p $(CACHE)/bin
	GOFLAGS= CGO_ENABLED=0 GOBIN=$(CACHE)/bin go install github.com/versity/versitygw/cmd/versitygw@$(GATEWAY_VERSION)

FUZZTIME ?= 60s
.PHONY: test-nightly
test-nightly: ## fuzz every target for FUZZTIME, and kill everything 200 times
	@for dir in . testdata/apps/guestbook; do \
	  (cd $$dir; grep -rlE '^func Fuzz' --include='*_test.go' . | sed 's|/[^/]*$$||' | sort -u | while read -r pkg; do \
	    grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$pkg/*_test.go | sed 's/^func //' | while read -r target; do \
	      echo "== $$dir $$pkg $$target"; \
	      go test $$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) </dev/null; \
	    done; done); done
	INSHORE_TEST_ROUNDS=200 $(GOTEST) -count=1 -timeout 60m ./emulator/sentinel ./emulator/dyno ./cmd/inshore

.PHONY: bench
bench: build ## measure start, stop, idle cost and scale; prints a Markdown table (ARGS=-h)
	go run ./testdata/bench -inshore bin/inshore $(ARGS)

.PHONY: lint
lint: $(LINT) ## golangci-lint over every module
	$(LINT) run ./... $(TOOLS)
	@for dir in $(NESTED); do echo "lint $$dir"; (cd $$dir && $(LINT) run --config $(ROOT)/.golangci.yml ./...); done

# Built from source so that it works wherever Go modules do. GOFLAGS of the
# repository do not apply to it.
$(LINT):
	@mkdir -p $(CACHE)/bin
	GOFLAGS= GOBIN=$(CACHE)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(CACHE)/bin/golangci-lint $@

.PHONY: fmt
fmt: $(LINT) ## format every module
	$(LINT) fmt ./...
	@for dir in $(NESTED); do (cd $$dir && $(LINT) fmt --config $(ROOT)/.golangci.yml ./...); done

.PHONY: docs
docs: build ## write the CLI reference into README.md
	go run ./testdata/tally docs -inshore bin/inshore -readme README.md

.PHONY: docs-check
docs-check: build ## fail when the CLI reference in README.md is out of date
	go run ./testdata/tally docs -check -inshore bin/inshore -readme README.md

.PHONY: dist
dist: ## static programs for Linux, macOS and Windows in dist/
	@mkdir -p dist
	@for platform in $(PLATFORMS); do \
	  os=$${platform%/*} arch=$${platform#*/}; \
	  out=dist/inshore-$(VERSION)-$$os-$$arch; [ $$os != windows ] || out=$$out.exe; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o $$out ./cmd/inshore; \
	  ls -l $$out | awk '{ printf "%s  %.1f MB\n", $$9, $$5 / 1e6 }'; \
	done

.PHONY: dist-check
dist-check: ## compile and vet for each operating system
	@for os in linux darwin windows; do \
	  echo "vet $$os"; CGO_ENABLED=0 GOOS=$$os GOARCH=amd64 go vet ./...; \
	done

.PHONY: check
check: test lint dist-check docs-check ## what a change must pass

.PHONY: clean
clean: ## remove what these targets made
	rm -rf bin dist $(CACHE)
