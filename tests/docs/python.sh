#!/usr/bin/env bash
# Stands at python of a page's PATH. A sandbox, which runs until it is ended, runs beside the shell, and so does a bazaar;
# all else as it is.
set -euo pipefail
python=$DOCS_TREE/.venv/bin/python
mkdir -p "$DOCS_TREE/served"
if [ "${1-}" = bazaar.py ]; then
  "$python" "$@" >"$DOCS_TREE/served/bazaar.log" 2>&1 </dev/null &
  echo $! >"$DOCS_TREE/served/bazaar"
  exit
fi
[ "${1-} ${2-}" = "-m sandbox" ] || exec "$python" "$@"
"$python" "$@" >"$DOCS_TREE/served/sandbox.log" 2>&1 </dev/null &
echo $! >"$DOCS_TREE/served/sandbox"
until [ "$(wc -l <"$DOCS_TREE/served/sandbox.log")" -ge 3 ]; do
  kill -0 "$(cat "$DOCS_TREE/served/sandbox")"
  sleep 0.02
done
cat "$DOCS_TREE/served/sandbox.log"
