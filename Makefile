# `make` lists the targets. Everything is built once, in release, with testing
# enabled: the same objects serve the command, the tests and the examples.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:

SWIFT_FLAGS := -c release -Xswiftc -enable-testing
# `swift test` would pass -enable-testing once more, and so build all anew.
TEST_FLAGS := $(SWIFT_FLAGS) --disable-testable-imports --disable-xctest
# Failures and the closing count alone: some tests have arguments of many pages.
TEST_OPTIONS ?= --quiet
BIN := .build/release
HARK := $(BIN)/hark
MODEL := models/all-MiniLM-L6-v2
LINTED := Sources Tests examples Package.swift

HANDBOOK := corpora/handbook
EXAMPLE := examples/ten-lines
BENCH := .build/bench
DEMO_STORE := indexes/demo
DEMO_QUESTION := Our C48 reports ERR-1042 several times every day. Who has to fix that?

PREFIX ?= /usr/local
DESTDIR ?=
ROOT := $(DESTDIR)$(PREFIX)

export HARK_MODEL_WHEEL

.PHONY: help setup build demo test bench lint docs soak install clean distclean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install missing Debian packages, check Swift, fetch the model
	@scripts/setup

build: ## Build the command, the parser and the libraries
	swift build $(SWIFT_FLAGS)

demo: setup build ## Load the sample handbook and ask it a question
	$(HARK) ingest $(HANDBOOK)/documents --store $(DEMO_STORE)
	$(HARK) search --store $(DEMO_STORE) --limit 5 "$(DEMO_QUESTION)"

# The example shares the scratch folder, so that only its own lines are compiled.
# Two packages in one folder are safe only if their builds never pass for each
# other's: SwiftPM keeps the last build plan, and plans anew when the choice of
# traits differs. The example has no traits, so naming all of them changes nothing else.
test: setup lint ## Check the style, build all, build the examples, run the tests
	swift build $(SWIFT_FLAGS) --build-tests
	rm -f $(BIN)/TenLines
	swift build $(SWIFT_FLAGS) --enable-all-traits --package-path $(EXAMPLE) --scratch-path .build
	test -x $(BIN)/TenLines
	swift test $(TEST_FLAGS) $(TEST_OPTIONS)

docs: build ## Write the methods' part of docs/api.md anew
	swift build $(SWIFT_FLAGS) --build-tests
	HARK_WRITE_DOCS=1 swift test $(TEST_FLAGS) --skip-build --filter thePageShowsTheMethods

soak: setup ## Kill and reopen for longer than the tests do
	HARK_SOAK=1 swift test $(TEST_FLAGS) --filter Soak

bench: setup build ## Measure embedding and ranking on the sample handbook
	mkdir -p $(BENCH)
	find $(HANDBOOK)/documents -name '*.md' -o -name '*.txt' | LC_ALL=C sort \
	  | xargs -d '\n' grep -h '[[:alnum:]]' > $(BENCH)/handbook.txt
	$(HARK) embed --input $(BENCH)/handbook.txt --output $(BENCH)/handbook.npy
	$(HARK) eval $(HANDBOOK)/questions --documents $(HANDBOOK)/documents --store $(BENCH)/store

lint: ## Check the style of all Swift files
	swift format lint --strict --recursive --parallel $(LINTED)

# $(call set-library-path,FILE,PATH): where FILE looks for Swift's libraries. The
# linker names the toolchain's folder, which need not stay; PATH overwrites that
# in place, so it must not be longer.
define set-library-path
@perl -0777 -pi -e 'BEGIN { ($$old, $$new) = splice @ARGV, 0, 2 } \
  $$rest = 1 + length($$old) - length $$new; \
  $$rest > 0 && s/\Q$$old\E\0/$$new . "\0" x $$rest/e or die "$$ARGV: cannot change $$old\n"' \
  "$$(readelf -d $(1) | sed -n 's/.*runpath: \[\(.*\)\]/\1/p')" '$(2)' $(1)
endef

# What is missing is built; what is there is taken as it is, so that
# `sudo make install` builds nothing as root.
$(HARK) $(BIN)/hark-parser $(MODEL) &:
	$(MAKE) setup build

install: | $(HARK) $(BIN)/hark-parser $(MODEL) ## Install below PREFIX (/usr/local), staged in DESTDIR
	install -d "$(ROOT)"/{bin,libexec/hark,lib/hark,share/hark/$(MODEL)/1_Pooling}
	install -m 755 $(HARK) "$(ROOT)/bin/hark"
	install -m 755 $(BIN)/hark-parser "$(ROOT)/libexec/hark/hark-parser"
	ldd $(HARK) $(BIN)/hark-parser | sed -n 's|.* => \(/.*/swift/linux/.*\) (.*|\1|p' | sort -u \
	  | xargs install -m 644 -t "$(ROOT)/lib/hark"
	$(call set-library-path,"$(ROOT)/bin/hark",$$ORIGIN/../lib/hark)
	$(call set-library-path,"$(ROOT)/libexec/hark/hark-parser",$$ORIGIN/../../lib/hark)
	while read -r sum file; do \
	  install -m 644 $(MODEL)/$$file "$(ROOT)/share/hark/$(MODEL)/$$file"; \
	done < scripts/all-MiniLM-L6-v2.sha256
	install -D -m 644 -t "$(ROOT)/share/doc/hark" LICENSE NOTICE CHANGELOG.md
	install -d "$(ROOT)"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
	$(HARK) --generate-completion-script bash > "$(ROOT)/share/bash-completion/completions/hark"
	$(HARK) --generate-completion-script zsh > "$(ROOT)/share/zsh/site-functions/_hark"
	$(HARK) --generate-completion-script fish > "$(ROOT)/share/fish/vendor_completions.d/hark.fish"

clean: ## Remove what was built
	rm -rf .build

distclean: clean ## Remove the model and all stores below indexes/ as well
	rm -rf $(MODEL) indexes/*
