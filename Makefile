# What there is to make. Needs Go, Node with npm, make and git; nothing else.

# A clone that belongs to somebody else must build too, so no version stamp is asked of git.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# One program with nothing beside it, not even a C library; and tests of that very program.
export CGO_ENABLED := 0

GO ?= go
LDFLAGS := -s -w
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.6.1
UI := web/ui

# Everything the pages are made of: newer than the manifest means build again.
PAGES := $(shell find $(UI) web/build -name node_modules -prune -o -type f -print)

.PHONY: help run build pages pictures test check fmt vet lint types docs rules soak eval bench browser postgres clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: build ## build what is missing and start the demo on http://127.0.0.1:8080
	bin/balie serve --demo

build: pages ## bin/balie, with the pages inside
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/balie ./cmd/balie

pages: web/dist/manifest.json

web/dist/manifest.json: $(PAGES)
	$(GO) run ./web/build
	@touch $@

# Never from the cache: some tests build and run the program, which go does not see.
test: pages browser postgres ## everything, in a real browser and on a real PostgreSQL too
	$(GO) test -count=1 -p 2 -timeout 20m ./...

check: fmt vet lint types docs rules ## what a reader should not have to look for
	@echo "check: all is well"

fmt:
	@wrong=$$(gofmt -l $$(git -c safe.directory='*' ls-files '*.go')); if [ -n "$$wrong" ]; then echo "not gofmt-ed:"; echo "$$wrong"; exit 1; fi

vet:
	$(GO) vet ./...

lint:
	$(GO) run $(STATICCHECK) ./...

types: pages
	cd $(UI) && npx --no-install tsc --noEmit

docs: # generated pages are as the code says
	$(GO) test -count=1 -run 'Doc|Contract' ./internal/config ./internal/connector/...

rules: # imports point down, each library in its room, no path of anybody's machine
	$(GO) test -count=1 -run 'Import|Rules|Machine' ./cmd/balie

soak: pages browser postgres ## the long forms of the tests
	BALIE_SOAK=1 $(GO) test -count=1 -p 1 -timeout 120m ./...

eval: ## figures on the public data, read from ../shared/data or BALIE_EVAL_DATA
	BALIE_EVAL=full $(GO) test -count=1 -p 1 -v -timeout 60m ./bot/nlu ./kb 2>&1 | grep -v '^=== '

pictures: pages browser ## the README's pictures, taken by the test of the whole trip
	BALIE_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -run 'TestTheTrip$$' ./cmd/balie/e2e

bench: build ## floors and figures, side by side
	bin/balie bench

# Tests drive Chromium. Where it is missing and this is root on Debian, it is installed; elsewhere the tests say that they skip.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else echo "browser: no Chromium here, so tests in a browser are skipped"; fi

# Tests start PostgreSQL servers of their own from the machine's package; any that runs already is left alone.
postgres:
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; \
	else echo "postgres: no PostgreSQL here, so tests of the second engine are skipped"; fi

clean: ## remove what was built; the data stays
	rm -rf bin $(UI)/node_modules
	find web/dist -type f ! -name .keep -delete
