#!/bin/sh
# Run a Python program with the first interpreter that is new enough.
#
# Usage: scripts/python.sh PROGRAM [ARGUMENT...]
#
# The environment does not exist yet when this runs, so it is plain sh. KEYFOLD_PYTHON names an
# interpreter to use instead of the first that fits. Each candidate is run, not only looked up:
# version managers leave names on the path whose programs only print an error.

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

if [ -n "$KEYFOLD_PYTHON" ]; then
    fits "$KEYFOLD_PYTHON" && exec "$KEYFOLD_PYTHON" "$@"
    echo "keyfold: KEYFOLD_PYTHON=$KEYFOLD_PYTHON is not a Python of version 3.11 or newer." >&2
    echo "  Next: unset KEYFOLD_PYTHON, or let it name one." >&2
    exit 1
fi

found=''
for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
    fits "$candidate" && exec "$candidate" "$@"
    version=$("$candidate" --version 2>&1 </dev/null | head -n 1)
    command -v "$candidate" >/dev/null 2>&1 && found="$found
  tried $candidate: ${version:-it does not run}"
done

echo "keyfold: needs Python 3.11 or newer, and none was found on PATH.$found" >&2
echo "  Next: install one, or run again with KEYFOLD_PYTHON=/where/it/is/python3." >&2
exit 1
