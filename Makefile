# Thin wrappers around cargo and tools/; `make help` lists them.

# The one place with the version is Cargo.toml. SOVERSION is for ever: the ABI only grows.
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOVERSION := 0

CARGO ?= cargo
# dev-release is built again within seconds (CONTRIBUTING.md).
PROFILE ?= release
OUT = $(or $(CARGO_TARGET_DIR),target)/$(PROFILE)

# The directories may be absolute, or relative to PREFIX.
DESTDIR ?=
PREFIX ?= /usr/local
LIBDIR ?= lib
INCLUDEDIR ?= include
BINDIR ?= bin
MANDIR ?= share/man

all: ## build the library, libetcd.so and libetcd.a, and the command etcd-test
	@test -f $(OUT)/libetcd.so || echo "libetcd: the first build takes 1 to 3 minutes" >&2
	$(CARGO) build --profile $(PROFILE)
	@# The name programs ask for at run time, so that they run against the build tree too.
	@ln -sf libetcd.so $(OUT)/libetcd.so.$(SOVERSION)
	$(CC) -std=c99 -Wall -Wextra -O2 -Iinclude -o $(OUT)/etcd-test cmd/etcd-test.c \
		-L$(OUT) -letcd -Wl,-rpath,'$$ORIGIN'

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

deps: ## install what building and testing need and this machine lacks (apt)
	@tools/deps.sh

servers: deps ## fetch and build the etcd servers of the tests
	@tools/servers.sh

demo: all ## run c-examples/demo.c and etcd-test on an etcd in memory; or on ENDPOINTS
	$(CC) -std=c99 -Wall -Wextra -O2 -Iinclude -o $(OUT)/demo c-examples/demo.c \
		-L$(OUT) -letcd -Wl,-rpath,$(abspath $(OUT))
	@tools/demo.sh $(OUT) $(ENDPOINTS)

test: servers ## all tests; long scenarios at a tenth of their length
	@CARGO='$(CARGO)' LIBETCD_REQUIRE_SERVERS=1 tools/test.sh

soak: servers ## the same tests at full length, and half an hour of invented replies (fuzz/)
	LIBETCD_REQUIRE_SERVERS=1 LIBETCD_SOAK=1 $(CARGO) test
	@CARGO='$(CARGO)' tools/fuzz.sh 600

abi: ## compare the ABI with that of the last tag
	@CARGO='$(CARGO)' tools/abi.sh

header: ## write include/*.h again after a change of the ABI
	LIBETCD_BLESS=1 $(CARGO) test --test abi

bench: all ## build benches/bench-libetcd.c into the build folder
	$(CC) -std=c11 -Wall -Wextra -O2 -Iinclude -o $(OUT)/bench-libetcd benches/bench-libetcd.c \
		-L$(OUT) -letcd -lpthread -Wl,-rpath,$(abspath $(OUT))
	@# The same program under this name has its calls in flight through a queue.
	@ln -sf bench-libetcd $(OUT)/bench-libetcd-queue

lint: ## formatting and clippy
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings

# Not a dependency on `all`: root, who installs, often has no cargo.
INSTALL = OUT='$(OUT)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' \
	BINDIR='$(BINDIR)' MANDIR='$(MANDIR)' VERSION='$(VERSION)' SOVERSION='$(SOVERSION)' CC='$(CC)' tools/install.sh

install: ## install what `make` has built (DESTDIR PREFIX LIBDIR INCLUDEDIR BINDIR MANDIR)
	@test -f $(OUT)/libetcd.so && test -f $(OUT)/libetcd.a || $(MAKE) all
	@$(INSTALL) install

uninstall: ## remove it again (same variables)
	@$(INSTALL) uninstall

clean: ## remove what was built
	$(CARGO) clean

.PHONY: all help deps servers demo test soak abi header bench lint install uninstall clean
