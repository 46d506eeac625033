# What people do with Coppice, one word each. `make` alone lists the words.

# Where the clock and the node of `make run` listen.
PORT ?= 3780
CLOCK_PORT ?= 3779

# `make test SANITIZE=address` runs everything under AddressSanitizer, in a build folder of its own.
SANITIZE ?=

# `make soak`, `make chaos`, `make chaos-clock` and `make fuzz`. SECONDS is a shell's own word: only what is given to make counts.
SEEDS ?= 1..20000
SEED ?= 1
FUZZ_SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)
CHAOS_SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),300)

# What `make build` makes, and `make run` and `make demo` start.
PROGRAM ?= .build/release/coppice

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps deps-tests build run demo test nightly clients clients-chaos client-programs api-check six-machines pages install manual deb deb-test upgrade-test soak mutants chaos chaos-clock cuts model fuzz bounds bench bench-order bench-deps \
	bench-slow bench-slow-link bench-latency bench-linked bench-links bench-scrape bench-soak bench-crowds bench-fairness bench-million bench-returning bench-transports bench-compression bench-accounts bench-clock scenarios \
	format lint log-page clean

help: ## This list
	@echo 'make WORD, where WORD is one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install the libraries that are missing (Debian, Ubuntu)
	@tools/dependencies

deps-tests:
	@tools/dependencies tests

# Without colours, since a change from a terminal to a pipe would compile everything anew.
build: deps ## Build the program for release: .build/release/coppice
	@if [[ ! -e $(PROGRAM) ]]; then echo 'The first build takes some minutes. Later ones build only what has changed.'; fi
	@swift build -c release --product coppice --no-color-diagnostics

run: build ## Start the clock and one node, until Control-C (PORT=3780 CLOCK_PORT=3779)
	@PORT=$(PORT) CLOCK_PORT=$(CLOCK_PORT) tools/own-group tools/run $(PROGRAM)

demo: build ## Watch a tree of six nodes lose two of them and heal
	@tools/own-group demo/play $(PROGRAM)

test: deps-tests ## Run all tests (SANITIZE=address or thread: under a sanitizer; SUITES=units: without started programs)
	@SANITIZE=$(SANITIZE) SUITES=$(SUITES) tools/test

nightly: deps-tests ## What takes hours: made-up inputs, tests and chaos under sanitizers (FUZZ_SECONDS=3600 CHAOS_SECONDS=300)
	@FUZZ_SECONDS=$(if $(filter command line,$(origin FUZZ_SECONDS)),$(FUZZ_SECONDS)) tools/nightly

# The conformance suite drives the Swift library by a program beside Coppice; the tests of the examples start those in Swift.
CLIENT_PROGRAMS := ConformanceDriver ExampleChat ExampleBridge ExampleLoad

client-programs: build
	@for program in $(CLIENT_PROGRAMS); do swift build -c release --product $$program --no-color-diagnostics || exit 1; done

clients: client-programs ## Test the client libraries for Swift, Python and JavaScript, with real nodes that are killed
	@clients/check $(PROGRAM)

api-check: build ## Check docs/openapi.yaml against a node, with schemathesis from PyPI (EXAMPLES=60 SEED=1)
	@EXAMPLES=$(or $(EXAMPLES),60) $(if $(filter command line,$(origin SEED)),SEED=$(SEED)) Tests/API/check $(PROGRAM)

pages: build ## Test the pages in Debian's chromium, if it is installed
	@Tests/Pages/check $(PROGRAM)

clients-chaos: client-programs ## Kill real nodes under clients of all libraries (KILLS=100)
	@clients/conformance/run --program $(PROGRAM) --only chaos --kills $(or $(KILLS),100)

# Where `make install` puts the program and what belongs to it; DESTDIR stands before it, for packages.
PREFIX ?= /usr/local

install: build manual ## Install the program, its manual pages, completions and units (PREFIX=/usr/local DESTDIR=)
	@tools/install-files $(PROGRAM) .build/manual $(PREFIX) $(DESTDIR)

manual: deps ## Write the manual pages: .build/manual
	@tools/manual .build/manual

deb: deps ## Build the Debian package: .build-package/coppice_*.deb
	@tools/deb

deb-test: ## Check the Debian package, and install, run, upgrade and purge it in a root of its own (needs root)
	@tools/deb-test

six-machines: build ## Follow the handbook's "Six servers on six machines" in six network namespaces (needs root)
	@tools/six-machines $(PROGRAM)

upgrade-test: build ## Roll six nodes from the last release to this program and back, under load
	@tools/last-release $(CURDIR)/.build-release
	@tools/upgrade-test .build-release/coppice $(PROGRAM) $(UPGRADE_FLAGS)

soak: build ## Simulate many histories and add them to the ledger (SEEDS=1..20000)
	@.build/release/coppice simulate --seeds $(SEEDS) --ledger docs/simulations.tsv \
		--commit "$$(git describe --always --dirty)"

mutants: build ## Leave out one rule after the other, and see how soon the simulator notices (MUTANT_SEEDS=1..2000)
	@.build/release/coppice simulate --mutants --seeds $(or $(MUTANT_SEEDS),1..2000)

chaos: build ## Kill, stop and cut off real nodes under traffic (SECONDS=300 SEED=1)
	@COPPICE_BINARY=$(CURDIR)/.build/release/coppice COPPICE_CHAOS_SECONDS=$(CHAOS_SECONDS) \
		COPPICE_CHAOS_SEED=$(SEED) swift test --filter ChaosTests

cuts: build ## Cut pairs of real nodes from each other, in eleven shapes (CUT_SECONDS=60 each; needs root)
	@COPPICE_BINARY=$(CURDIR)/.build/release/coppice COPPICE_CUT_SECONDS=$(or $(CUT_SECONDS),60) \
		swift test --filter LongCutTests

model: ## Check the rules of labels in every interleaving, with spin (FULL=1: also the large sizes, in many minutes)
	@FULL=$(FULL) docs/model/check

fuzz: deps ## Make up inputs: lines, streams, handshakes, files, a whole node … (SECONDS=60, TARGETS="lines node", LEDGER=1, PLANTED=1)
	@SECONDS_LIMIT=$(FUZZ_SECONDS) TARGETS="$(TARGETS)" LEDGER=$(LEDGER) PLANTED=$(PLANTED) tools/fuzz

bounds: deps ## Build the C programs that Coppice is measured against: .build/bench/
	@$(MAKE) --no-print-directory -s -C bench

bench: build bounds ## Measure Coppice beside other servers and two C programs (QUICK=1: three minutes instead of 18)
	@bench/bench.py run $(if $(QUICK),--quick)

bench-order: build ## What one order for everybody costs: six nodes in causal and in total order, and with the clock killed
	@bench/order.py

bench-crowds: build ## Where crowds go, simulated crowds of 10,000, and a node's longest turn under a crowd (CLIENTS=4000)
	@bench/redirects.py $(if $(CLIENTS),--clients $(CLIENTS))
	@.build/release/coppice simulate --crowd 10000
	@bench/crowds.py $(if $(CLIENTS),--clients $(CLIENTS))

bench-deps: deps ## Install the servers that Coppice is measured beside (Debian, Ubuntu)
	@bench/dependencies

bench-slow: build ## Full load with a tenth of 1000 clients stopped for 30 s (SERVERS=nats,redis,mosquitto: them too)
	@bench/bench.py slow $(if $(SERVERS),--servers $(SERVERS))

bench-slow-link: build ## A child behind a slow link: silences, and how long registrations take there (RATE=1000000)
	@bench/slow_link.py $(if $(RATE),--rate $(RATE))

bench-latency: build bounds ## Latency at fixed rates, in real-time priority where that is allowed
	@bench/bench.py latency

bench-linked: build ## What replication costs: a node under a parent beside one that is alone
	@bench/bench.py linked

bench-links: build ## What encryption costs a link: a parent and its child, encrypted and in clear by turns, half a minute
	@bench/links.py

bench-scrape: build ## What it costs to be watched by Prometheus every second: three minutes
	@bench/scrape.py

bench-soak: build ## Full load with churn: memory and descriptors stay (MINUTES=10)
	@bench/bench.py soak --minutes $(or $(MINUTES),10)

bench-fairness: build ## What one loud client costs the others: percentiles with it and without it (CLIENTS=10)
	@bench/fairness.py --clients $(or $(CLIENTS),10)

bench-million: build ## A million clients on this machine: minutes, and some 10 GB of memory (CLIENTS=1000000 RAMP=7000 KILL=)
	@bench/million.py --clients $(or $(CLIENTS),1000000) --ramp $(or $(RAMP),7000) $(if $(KILL),--kill)

chaos-clock: build deps-tests ## Kill and stop real clocks, and the etcd between them (SECONDS=300)
	@COPPICE_BINARY=$(CURDIR)/.build/release/coppice COPPICE_CHAOS_CLOCK_SECONDS=$(CHAOS_SECONDS) \
		swift test --filter ClockChaosTests

bench-returning: build ## Ten thousand users whose node is killed are back within 3 s: some 3 minutes (CLIENTS=10000)
	@bench/returning.py $(if $(CLIENTS),--clients $(CLIENTS))

bench-transports: build bounds ## What TLS and WebSocket cost, beside nats-server and C programs (QUICK=1: two minutes instead of 6)
	@bench/transports.py $(if $(QUICK),--quick)

bench-compression: build ## What compressed messages of WebSockets save and cost, for chat: two minutes (CLIENTS=300)
	@bench/compression.py $(if $(CLIENTS),--clients $(CLIENTS))

bench-accounts: build ## What a million accounts cost: disk, memory, start, a link that comes up (ACCOUNTS=1000000)
	@.build/release/coppice account bench --accounts $(or $(ACCOUNTS),1000000)

bench-clock: build ## Load a clock: stamps a second, and the round trip of a single one
	@tools/bench-clock .build/release/coppice

scenarios: deps ## Play the written scenarios, and write down what happens in them now
	@COPPICE_WRITE_SCENARIOS=1 swift test --filter ScenarioDocumentTests

format: ## Put the sources into the project's format
	@swift format --in-place --parallel --recursive Package.swift Sources Tests clients

log-page: ## Write docs/log.md and docs/answers.md from the explanations in the sources
	@swift build -q --product coppice && .build/debug/coppice help log --markdown > docs/log.md
	@.build/debug/coppice help answers --markdown > docs/answers.md

lint: ## Say what is not in the project's format, and where ARCHITECTURE.md or docs/hostile.md no longer tells the truth
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests clients
	@tools/columns
	@tools/maps
	@tools/hostile

clean: ## Remove everything that was built
	@rm -rf .build .build-*
