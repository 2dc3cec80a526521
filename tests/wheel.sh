#!/usr/bin/env bash
# Build the wheel, install it elsewhere, leave the checkout, and get one answer from the mock and one from the service.
set -euo pipefail
scratch=$1/wheel
rm -rf "$scratch" && mkdir -p "$scratch"
python -m build --wheel --no-isolation --outdir "$scratch/dist" . >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; exit 1; }
uv venv --quiet "$scratch/venv"
VIRTUAL_ENV=$scratch/venv uv pip install --quiet -r requirements.lock "$scratch"/dist/*.whl
cd "$scratch"

ask() { # ask PORT CURL-ARGUMENTS…: wait for the server, then ask
    local port=$1; shift
    for _ in $(seq 100); do curl -s -o /dev/null "http://localhost:$port/" && break; sleep 0.1; done
    curl -sS --fail-with-body "$@"
}

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
venv/bin/cierre mock --port 14010 >mock.log 2>&1 &
ask 14010 -X POST http://localhost:14010/api/v1/auth/logout -H 'Authorization: Bearer t' | grep -q '"success"'
venv/bin/cierre serve --demo --port 13000 --data-dir "$scratch/data" >serve.log 2>&1 &
ask 13000 http://localhost:13000/api/v1/auth/login -H 'Content-Type: application/json' \
    -d '{"username":"usuario@ejemplo.com","password":"cierre-demo"}' | grep -q '"accessToken"'
echo "the wheel answers: mock and service"
