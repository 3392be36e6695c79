#!/usr/bin/env bash
# Runs the same random model in Winnow and in llama.cpp, interleaved. Arguments go to bench/Winnow.Peers (see its --help).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v npm >/dev/null || { echo "bench peers: Node.js with npm is needed for llama.cpp: https://nodejs.org" >&2; exit 1; }
[ -d "$here/node_modules/node-llama-cpp" ] || (cd "$here" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund >&2)
cd "$here/../../.."
exec dotnet run -c Release --project bench/Winnow.Peers -- "$@"
