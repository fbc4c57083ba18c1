# Sourced by the scripts beside it: finds a Python, makes .venv and installs one of the pinned lists into it, or does
# nothing when that is already there. Leaves $python, the interpreter of .venv, and the repository as working folder.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONHOME PYTHONPATH
python="$PWD/.venv/bin/python"

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "CarbonCore needs Python 3.11 or newer with its venv module, and found none." >&2
    echo "Install it (Debian and Ubuntu: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3" >&2
    exit 2
}

hash_of() {
    "$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

# install LIST [LIST…]: installs the first list; the others are those it contains, noted as installed with it.
install() {
    local list="$1" stamp="$PWD/.venv/installed-lists"
    if ! "$python" -c '' 2>/dev/null; then
        local base
        base="$(find_python)"
        echo "Making .venv with $("$base" --version) …"
        rm -rf .venv
        "$base" -m venv .venv
    fi
    if grep -qs "$(hash_of "$list")" "$stamp"; then
        return
    fi
    echo "Installing the packages of $list (the first time takes a minute or two) …"
    rm -f "$stamp"
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip
    # The user's own pip settings choose the index; only what would install outside .venv is overruled.
    if ! env -u PIP_TARGET -u PIP_PREFIX PIP_USER=0 "$python" -m pip install --require-hashes --no-input \
        --disable-pip-version-check --retries 5 --timeout 60 -r "$list"; then
        echo "Installing the packages of $list failed; the reason is above. Start again once it is mended: what has" >&2
        echo "been downloaded is kept." >&2
        exit 1
    fi
    for list in "$@"; do
        hash_of "$list" >>"$stamp"
    done
}
