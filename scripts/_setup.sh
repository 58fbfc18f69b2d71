# Sourced by the commands beside it: a virtual environment in .venv with this package and what it needs.
# usage: setup EXTRAS
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv

setup() {
    local extras=$1 python=${PYTHON:-python3} stamp
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        echo "error: Python 3.10 or later is needed. Install it, or name it: PYTHON=/path/to/python3 $0" >&2
        exit 3
    fi
    if [ ! -x "$venv/bin/python" ]; then
        echo "Making a virtual environment in .venv (once) ..." >&2
        if ! "$python" -m venv "$venv"; then
            rm -rf "$venv"
            echo "error: $python cannot make virtual environments. Install its venv module (Debian: python3-venv)." >&2
            exit 3
        fi
    fi
    # The stamp names what was installed: the same project file, constraints and place need no second look.
    stamp=$venv/installed-${extras:-base}-$(cat "$root/pyproject.toml" "$root/constraints.txt" <(echo "$root") | cksum | tr -d ' ')
    if [ ! -e "$stamp" ]; then
        echo "Installing the package and what it needs (once) ..." >&2
        # Older installers trip over two spellings of one extra among the packages that benchmarks need.
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-virtualenv 'pip>=24.1'
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-virtualenv \
            --constraint "$root/constraints.txt" --editable "$root${extras:+[$extras]}"
        touch "$stamp"
    fi
}
