# shellcheck shell=bash
# What scripts/run and scripts/test have in common: make sure that the tools are there, quietly when they are.
# Sourced with `set -euo pipefail` in force and the checkout as working directory.

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# ---------------------------------------------------------------------------------------------- installing

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

state_dir() { printf '%s' "${XDG_STATE_HOME:-${HOME:?HOME is not set}/.local/state}/ceptoar-portal"; }

# Runs something talkative; its words are shown only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" != 0 ]; then tail -n 15 "$log" >&2; fi
    rm -f "$log"
    return "$status"
}

package_lists_are_fresh=
install_packages() {
    if [ -z "$package_lists_are_fresh" ]; then
        # A broken foreign source must not keep us from Debian's own packages, so this may fail.
        quietly as_root apt-get -q update || true
        package_lists_are_fresh=yes
    fi
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Options::=--force-confold install -y --no-install-recommends "$@"
}

# ---------------------------------------------------------------------------------------------------- Rust

ensure_rust() {
    local wanted have
    if ! command -v cargo >/dev/null && [ -x "${HOME:-}/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    wanted=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
    have=$(rustc --version 2>/dev/null | cut -d' ' -f2) || have=
    if ! command -v cargo >/dev/null || [ -z "$have" ]; then
        say "Rust is missing. This gets it (then open a new shell):"
    elif [ "$(printf '%s\n' "$wanted" "${have%%-*}" | sort -V | head -n 1)" != "$wanted" ]; then
        say "Rust $have is too old, $wanted is needed. This gets it:"
    else
        ensure_linker
        return
    fi
    fail "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default"
}

# Some dependencies have parts in C, and Rust links with the C compiler.
ensure_linker() {
    local start_file
    if command -v cc >/dev/null; then
        start_file=$(cc -print-file-name=crt1.o)
        # Without the C library's development files the compiler only echoes the bare name.
        if [ "$start_file" != crt1.o ]; then return; fi
    fi
    may_install || fail "A C compiler is missing; as root: apt-get install gcc libc6-dev"
    say "C compiler missing (Rust links with it): installing gcc and libc6-dev ..."
    install_packages gcc libc6-dev || fail "Installing gcc and libc6-dev failed (see above)."
}

# The fuzzing engine is in C++. Without a compiler $cxx_reason says why there is none.
cxx_reason=
ensure_cxx() {
    if command -v c++ >/dev/null; then return; fi
    if ! may_install; then
        cxx_reason="a C++ compiler is missing and this user may not install it; as root: apt-get install g++"
        return 1
    fi
    say "C++ compiler missing (the fuzzing engine needs it): installing g++ ..."
    if ! install_packages g++; then
        # shellcheck disable=SC2034 # read by scripts/fuzz
        cxx_reason="installing g++ failed (see above)"
        return 1
    fi
}

# ---------------------------------------------------------------------------------------------- cargo-deny

deny_version=0.20.2
deny_reason=
# Prints the checker of dependencies; built once, kept for all checkouts of this user.
deny_program() {
    local candidate
    for candidate in "$(command -v cargo-deny)" "$(state_dir)/tools/bin/cargo-deny"; do
        case $("$candidate" --version 2>/dev/null) in
            "cargo-deny 0.2"[0-9].*)
                printf '%s\n' "$candidate"
                return
                ;;
        esac
    done
    return 1
}

ensure_deny() {
    if deny_program >/dev/null; then return; fi
    say "cargo-deny missing (it checks licences and sources): building it once, which takes some minutes ..."
    # Not in the checkout's own target directory: the tool outlives it.
    if ! quietly env -u CARGO_TARGET_DIR -u RUSTFLAGS cargo install "cargo-deny@$deny_version" --locked \
        --root "$(state_dir)/tools"; then
        # shellcheck disable=SC2034 # read by scripts/test
        deny_reason="cargo-deny could not be built (see above); cargo install cargo-deny@$deny_version --locked gets it"
        return 1
    fi
}

# ---------------------------------------------------------------------------------------------- PostgreSQL

# Prints the directory of the server's programs; the portal looks in the same places.
postgres_programs() {
    local candidate
    if [ -n "${PORTAL_PG_BIN:-}" ]; then
        [ -x "$PORTAL_PG_BIN/initdb" ] || return 1
        printf '%s\n' "$PORTAL_PG_BIN"
        return
    fi
    if command -v pg_config >/dev/null && candidate=$(pg_config --bindir 2>/dev/null) && [ -x "$candidate/initdb" ]; then
        printf '%s\n' "$candidate"
        return
    fi
    for parent in /usr/lib/postgresql "$(state_dir)/postgresql-dist/usr/lib/postgresql"; do
        candidate=$(printf '%s\n' "$parent"/*/bin/initdb | sort -rV | head -n 1)
        if [ -x "$candidate" ]; then
            dirname "$candidate"
            return
        fi
    done
    return 1
}

ensure_postgres() {
    # With a server of their own people want nothing installed.
    if [ -n "${DATABASE_URL:-}" ]; then return; fi
    if postgres_programs >/dev/null; then return; fi
    if [ -n "${PORTAL_PG_BIN:-}" ]; then
        fail "PORTAL_PG_BIN is set to $PORTAL_PG_BIN, but there is no initdb in it: correct it or unset it."
    fi
    if ! command -v apt-get >/dev/null; then
        fail "PostgreSQL server missing: install it with this system's package manager, or set DATABASE_URL."
    elif may_install; then
        say "PostgreSQL server missing: installing postgresql (the portal runs a private one under its data directory) ..."
        # Otherwise the package makes and starts a cluster of its own that nobody asked for.
        if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
            as_root mkdir -p /etc/postgresql-common
            echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
        fi
        install_packages postgresql || fail "Installing postgresql failed (see above)."
    else
        unpack_postgres || fail "PostgreSQL server missing; as root: apt-get install postgresql, or set DATABASE_URL."
    fi
}

# For a user who may not install anything: the same packages, unpacked in the user's own directory.
unpack_postgres() {
    local place work packages server options
    place=$(state_dir)/postgresql-dist
    say "PostgreSQL server missing and no right to install it: unpacking one in $place (about 30 MB to fetch) ..."
    mkdir -p "$(state_dir)"
    work=$(mktemp -d "$(state_dir)/unpack.XXXXXX")
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/unpacked"
    options=(-q -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o Debug::NoLocking=1
        -o "Dir::Log=$work" -o APT::Sandbox::User= -o Acquire::Languages=none)
    quietly apt-get "${options[@]}" update || true
    # Only the server, its client and libraries: LLVM and Perl are most of the bulk, and the portal uses neither.
    packages=$(apt-get "${options[@]}" --simulate install --no-install-recommends postgresql 2>/dev/null |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -E '^(postgresql-[0-9]+|postgresql-client-[0-9]+|lib.*|tzdata.*)$' |
        grep -Ev '^(libllvm|libperl|libz3-|libclang)|-perl$') || packages=
    if [ -z "$packages" ]; then
        rm -rf "$work"
        return 1
    fi
    # shellcheck disable=SC2086 # a list of words
    if ! (cd "$work/cache" && quietly apt-get "${options[@]}" download $packages); then
        rm -rf "$work"
        return 1
    fi
    for package in "$work"/cache/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
    server=$(printf '%s\n' "$work"/unpacked/usr/lib/postgresql/*/bin/postgres)
    if ! LD_LIBRARY_PATH=$(unpacked_libraries "$work/unpacked") "$server" --version >/dev/null; then
        rm -rf "$work"
        return 1
    fi
    # One step: a half-unpacked server must never be found.
    rm -rf "$place"
    mv "$work/unpacked" "$place"
    rm -rf "$work"
}

# The library path of an unpacked server.
unpacked_libraries() { printf '%s:' "$1"/usr/lib/*-linux-gnu* "$1"/lib/*-linux-gnu* | sed 's/:$//'; }

# ------------------------------------------------------------------------------------------------ Chromium

# The browser tests drive a real browser, and it needs a Japanese font for its screenshots and widths.
ensure_chromium() {
    local reason=
    if ! chromium_program >/dev/null; then
        if [ "$(. /etc/os-release && printf '%s' "${ID:-}")" = ubuntu ]; then
            reason="Ubuntu offers Chromium only as a snap, which tests cannot drive; install Google Chrome to run them"
        elif ! may_install; then
            reason="Chromium is missing and this user may not install it; as root: apt-get install chromium"
        else
            say "Chromium missing (the browser tests drive it): installing chromium ..."
            install_packages chromium || reason="installing chromium failed (see above)"
        fi
    fi
    if [ -z "$reason" ] && ! has_japanese_font; then
        if may_install; then
            say "Japanese font missing (for the browser tests): installing one ..."
            install_packages fonts-morisawa-bizud-gothic || install_packages fonts-noto-cjk ||
                reason="no Japanese font could be installed (see above)"
        else
            reason="a Japanese font is missing and this user may not install it; as root: apt-get install fonts-noto-cjk"
        fi
    fi
    if [ -n "$reason" ]; then
        say "Browser tests are skipped: $reason."
        export PORTAL_BROWSER_TESTS=skip
    fi
}

# Prints the browser to drive. A snap's command is refused: it cannot be given a profile directory of ours.
chromium_program() {
    local name path
    for name in chromium google-chrome google-chrome-stable chromium-browser; do
        path=$(command -v "$name") || continue
        if [ "${path#/snap/}" = "$path" ] && ! grep -qs 'snap' "$path"; then
            printf '%s\n' "$path"
            return
        fi
    done
    return 1
}

has_japanese_font() {
    # Without fontconfig's own tool look where the packages put their fonts.
    if command -v fc-list >/dev/null; then
        [ -n "$(fc-list :lang=ja family)" ]
    else
        compgen -G '/usr/share/fonts/*/fonts-morisawa*' >/dev/null || compgen -G '/usr/share/fonts/*/noto/*CJK*' >/dev/null
    fi
}

# ----------------------------------------------------------------------------------------------- virus scanner

# One test asks a real scanner, with signatures of its own: nothing is downloaded, and no service is started.
ensure_clamd() {
    local reason=
    if ! PATH=$PATH:/usr/sbin command -v clamd >/dev/null; then
        if ! may_install; then
            reason="clamd is missing and this user may not install it; as root: apt-get install clamav-daemon"
        else
            say "clamd missing (one test asks a virus scanner): installing clamav-daemon ..."
            install_packages clamav-daemon || reason="installing clamav-daemon failed (see above)"
        fi
    fi
    if [ -n "$reason" ]; then
        say "The test of the virus scanner is skipped: $reason."
        export PORTAL_SCANNER_TESTS=skip
    fi
}
