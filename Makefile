# What people do with Coppice, one word each. `make` alone lists the words.

# Where the clock and the node of `make run` listen.
PORT ?= 3780
CLOCK_PORT ?= 3779

# `make test SANITIZE=address` runs everything under AddressSanitizer, in a build folder of its own.
SANITIZE ?=

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps build run demo test format lint clean

help: ## This list
	@echo 'make WORD, where WORD is one of:'
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install the libraries that are missing (Debian, Ubuntu)
	@tools/dependencies

# Without colours, since a change from a terminal to a pipe would compile everything anew.
build: deps ## Build the program for release: .build/release/coppice
	@swift build -c release --product coppice --no-color-diagnostics

run: build ## Start the clock and one node, until Control-C (PORT=3780 CLOCK_PORT=3779)
	@PORT=$(PORT) CLOCK_PORT=$(CLOCK_PORT) tools/run .build/release/coppice

demo: build ## Watch a tree of six nodes lose two of them and heal
	@demo/play .build/release/coppice

test: deps ## Run all tests (SANITIZE=address: under AddressSanitizer)
	@SANITIZE=$(SANITIZE) tools/test

format: ## Put the sources into the house's format
	@swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: ## Say what is not in the house's format
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests

clean: ## Remove everything that was built
	@rm -rf .build .build-*
