# Sourced by the entry points beside it: finds the project and a Python, and
# hands over to the programs in runner/, which do the work.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 2
}

# find_python sets $python to the first Python that JupyterLab can live with.
find_python() {
  local candidate found=''
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    found=$candidate
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      python=$candidate
      return
    fi
  done
  [ -n "$found" ] || fail 'no Python found: install Python 3.10 or newer (python3)'
  fail "found $("$found" --version 2>&1) as $found: Python 3.10 or newer is needed"
}

# run_python PROGRAM ARGS... replaces this shell with one of the programs.
run_python() {
  local held=()
  find_python
  # A signal that falls into Python's own start would be a traceback; start.py
  # lets them in. Without GNU env (macOS) that gap of some hundredths of a second stays.
  if env --block-signal=INT,TERM,HUP true 2>/dev/null; then
    held=(env --block-signal=INT,TERM,HUP)
  fi
  run_python_as ${held[@]+"${held[@]}"} "$python" -s "$root/scripts/runner/start.py" "$@"
}

# run_python_as PYTHON ARGS... replaces this shell. A PYTHONPATH or PYTHONHOME
# of the user's would reach into the project's environment, so they stay out; what is
# imported is compiled once, into .tools, also where PYTHONDONTWRITEBYTECODE is set.
run_python_as() {
  unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
  export PYTHONPYCACHEPREFIX="$root/.tools/pycache"
  exec "$@"
}
