# Sourced by the scripts here and by .ci/run, from the repository's root.
# shellcheck shell=bash

PATH="$HOME/.cargo/bin:$PWD/target/tools/bin:$PATH"
export PATH

say() { printf '==> %s\n' "$*" >&2; }
skip() { printf 'SKIPPED: %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# A number of seconds, as minutes and seconds.
duration() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# Runs a command, and every half minute says on standard error that it still runs: an optimising build prints nothing for
# minutes.
patiently() {
  local started=$SECONDS code=0 ticker
  # The last `sleep` has no output open, so that readers need not wait for it. Ctrl-C does not reach this loop: it ends when
  # the shell has ended.
  while sleep 30 2>&- && kill -0 $$ 2>&-; do say "still running, $(duration $((SECONDS - started))): $*"; done >&- &
  ticker=$!
  "$@" || code=$?
  kill "$ticker" 2>&- || true
  wait "$ticker" 2>&- || true
  return "$code"
}

# Whether version $2 is $1 or newer.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# The oldest Rust that builds the workspace, as Cargo.toml says it.
minimum_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

# Prints the folder of a rustc and cargo that are recent enough and have the sources of their standard library: the first
# such one of the arguments, or without arguments that of PATH, or else the system's.
rust_with_source() {
  local rustc version
  [ $# -gt 0 ] || set -- "$(command -v rustc)" /usr/bin/rustc
  for rustc in "$@"; do
    version=$("$rustc" --version 2>/dev/null | cut -d' ' -f2) || continue
    at_least "$(minimum_rust)" "$version" || continue
    [ -f "$("$rustc" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] || continue
    dirname "$rustc"
    return
  done
  return 1
}

# The same for guests, whose bytes depend on the compiler: the system's first, which anyone can install.
guest_rust() { rust_with_source /usr/bin/rustc "$(command -v rustc)"; }

# Prints the flags with which rustc finds its standard library for aarch64: none if it is in the usual place, or Debian's,
# unpacked by scripts/setup.
aarch64_std() {
  local folder=lib/rustlib/aarch64-unknown-linux-gnu/lib unpacked=$PWD/target/tools/aarch64/usr
  if [ -d "$(rustc --print sysroot)/$folder" ]; then return; fi
  [ -d "$unpacked/$folder" ] && echo "-L $unpacked/$folder"
}

# Where guests are built a second time, to see that their bytes do not depend on the folder.
elsewhere() { echo "$PWD/target/guest/elsewhere"; }

# Real claims, real blocks and the reference's devnets, which are not part of the repository.
fixtures() { echo "${TRIBUNAL_FIXTURES:-../shared/fixtures}"; }
