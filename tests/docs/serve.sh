#!/usr/bin/env bash
# Stands at scripts/serve of a page's tree: starts the real one beside the shell, on the page's own port, and returns once
# it answers. A server that the page has started there before ends first.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
port=$DOCS_PORT
given=()
while [ $# -gt 0 ]; do
  case "$1" in
    --check | --help | -h) exec "$here/as-it-is/serve" ${given[@]+"${given[@]}"} "$@" ;;
    --port) port=$2; shift ;;
    *) given+=("$1") ;;
  esac
  shift
done
began=$here/served/$port
mkdir -p "$here/served"
if [ -e "$began" ]; then
  kill -USR1 "$(cat "$began")" 2>/dev/null || true
  while curl -s "http://127.0.0.1:$port/healthz" >/dev/null; do sleep 0.01; done
fi
"$here/as-it-is/serve" ${given[@]+"${given[@]}"} --port "$port" >"$began.log" 2>&1 </dev/null &
echo $! >"$began"
until curl -sf "http://127.0.0.1:$port/healthz" >/dev/null; do
  if ! kill -0 "$(cat "$began")" 2>/dev/null; then
    cat "$began.log" >&2
    exit 1
  fi
  sleep 0.05
done
