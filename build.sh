#!/usr/bin/env bash
# The verbs of this repository, each a few lines over `dotnet`; build.ps1 has the same ones.
set -euo pipefail
start=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en
framework=${WinnowFramework:-net10.0}
ordinary='TestCategory!=Nightly'
category=$ordinary
case $(uname -s) in Darwin) native_name=libwinnow.dylib ;; *) native_name=libwinnow.so ;; esac

usage() {
  cat <<'TEXT'
usage: ./build.sh <verb> [arguments]
  build           build everything (Release)
  run [args]      write a tale with the model that ships with Winnow; with arguments: the winnow command line
  test [name]     build once and run every test, or those whose full name contains the given part
  nightly         build once and run the tests that take too long for every run
  native [name]   publish the C library in artifacts/native and test it: C, C++, Python, Rust, Node and C#
  bench [filter]  run the benchmarks whose name matches; `bench peers` compares with llama.cpp, `bench torch` kernels on a GPU with PyTorch and Triton
  format          bring the sources into the form that .editorconfig asks for
  size            lines by project, and the files that are over the aim of 300 lines or the limit of 450
  api             write src/<project>/PublicApi.txt anew after a change of the public API
  bundle          make artifacts/winnow-linux-x64.tar.xz: tests, benchmarks and command line for a GPU machine without .NET
  pack            make the NuGet packages and the winnow tool in artifacts/packages
  help            this text
TEXT
}

need_dotnet() {
  command -v dotnet >/dev/null || { echo "build.sh: the .NET 10 SDK is not on the PATH: https://dotnet.microsoft.com/download" >&2; exit 1; }
  # Containers and build users may have no home folder to write to: the caches then live in the tree.
  if [ ! -d "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then
    export DOTNET_CLI_HOME=${DOTNET_CLI_HOME:-$PWD/artifacts/home} NUGET_PACKAGES=${NUGET_PACKAGES:-$PWD/artifacts/home/packages}
    [ -r "${HOME:-}/.nuget/NuGet/NuGet.Config" ] || export HOME=$PWD/artifacts/home
    mkdir -p "$DOTNET_CLI_HOME" "$NUGET_PACKAGES"
  fi
}

# Tests and benchmarks compile the kernels. Where NVRTC cannot be had the tests that need it say so: skipped, or failed where CI=true.
get_nvrtc() { kernels/nvrtc.sh || true; }

# Builds and says something only where it fails.
quiet_build() {
  local log
  echo "building $1" >&2
  log=$(dotnet build "$1" -c Release -v quiet "-clp:ErrorsOnly;NoSummary" 2>&1) || { echo "$log" >&2; return 1; }
}

run_cli() {
  [ $# -gt 0 ] || set -- generate
  quiet_build src/Winnow.Cli
  local program=$PWD/src/Winnow.Cli/bin/Release/$framework/Winnow.Cli.dll
  cd "$start" && exec dotnet "$program" "$@"
}

# Compiles the C library ahead of time. NuGet has the runtime pack for net9.0; everything it builds lies apart from the rest of the tree.
publish_native() {
  local log rid
  rid=$(uname -s | sed 's/Linux/linux/; s/Darwin/osx/')-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
  echo "publishing artifacts/native/$native_name" >&2
  log=$(dotnet publish interop/Winnow.Native -c Release -r "$rid" -p:WinnowFramework="${WinnowNativeFramework:-net9.0}" \
    --artifacts-path artifacts/native-build -o artifacts/native -v quiet "-clp:ErrorsOnly;NoSummary" 2>&1) || { echo "$log" >&2; return 1; }
}

# Builds and runs the samples in all languages, and adds what ctest says to $passed, $failed, $skipped.
test_samples() {
  local log=artifacts/tests/samples.log ok bad left
  command -v cmake >/dev/null || {
    if [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
    echo "samples: cmake is not installed"
    return 0
  }
  { cmake -S . -B artifacts/samples -DCMAKE_BUILD_TYPE=Release && cmake --build artifacts/samples; } >"$log" 2>&1 \
    && (cd artifacts/samples && ctest --output-on-failure ${1:+-R "$1"}) >>"$log" 2>&1 </dev/null || true
  ok=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log" || true) left=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log" || true)
  bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*[^S]' "$log" || true)
  [ "$((ok + bad + left))" -gt 0 ] || [ $# -gt 0 ] || bad=1
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
  echo "samples: $ok passed, $bad failed, $left skipped"
  if [ "$bad" -gt 0 ]; then sed 's/^/    /' "$log"; else sed -n 's/^\(.*SKIPPED: \)/    skipped: /p' "$log"; fi
}

# The tests that have to see into the library in this process, the others against the published one, then the samples.
test_native() {
  if publish_native; then
    category='TestCategory=InProcess' run_tests interop/Winnow.Native.Tests "$@"
    WINNOW_LIBRARY=$PWD/artifacts/native/$native_name category="$category&TestCategory!=InProcess" run_tests interop/Winnow.Native.Tests "$@"
    test_samples "$@"
  else
    failed=$((failed + 1))
    echo "artifacts/native: 1 failed"
  fi
}

native() {
  local passed=0 failed=0 skipped=0
  mkdir -p artifacts/tests
  quiet_build interop/Winnow.Native.Tests || { echo "0 passed, 1 failed, 0 skipped"; return 1; }
  test_native "$@"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

count() { awk -v key="$1:" '/^Test run summary:/ { tail = 1 } tail && $1 == key { n = $2 } END { print n + 0 }' "$2"; }

# Runs one test program and adds its counts to $passed, $failed, $skipped. A program that dies, or holds no test when all were asked
# for (exit code 8), counts as one failed test. $category picks the nightly tests or all others.
run_tests() {
  local project=$1 name rc=0 log filter=$category
  shift
  [ $# -eq 0 ] || filter="$filter&FullyQualifiedName~$1"
  name=$(basename "$project")
  log=artifacts/tests/$name.log
  dotnet "$project/bin/Release/$framework/$name.dll" --output Detailed --progress off --no-ansi --filter "$filter" >"$log" 2>&1 </dev/null || rc=$?
  local ok bad left
  ok=$(count succeeded "$log") bad=$(count failed "$log") left=$(count skipped "$log")
  [ $rc -eq 0 ] || [ "$bad" -gt 0 ] || { [ $rc -eq 8 ] && [ "$filter" != "$ordinary" ]; } || bad=1
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
  echo "$name: $ok passed, $bad failed, $left skipped"
  if [ "$bad" -gt 0 ]; then
    sed 's/^/    /' "$log" | grep -vE '^    passed ' || true
    [ $rc -eq 2 ] || [ $rc -eq 0 ] || echo "    $name ended with exit code $rc"
  else
    grep -A1 -E '^skipped ' "$log" | sed -n '/^--$/d; s/^/    /p' || true
  fi
}

test_all() {
  local passed=0 failed=0 skipped=0 project
  mkdir -p artifacts/tests
  quiet_build Runtime.sln || { echo "0 passed, 1 failed, 0 skipped"; return 1; }
  for project in tests/*.Tests; do run_tests "$project" "$@"; done
  # With a part of a name, in this process: publishing takes minutes.
  if [ $# -eq 0 ] && [ "$category" = "$ordinary" ]; then test_native; else run_tests interop/Winnow.Native.Tests "$@"; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

bench() {
  if [ "${1:-}" = peers ]; then shift; exec bench/peers/llamacpp/run.sh "$@"; fi
  if [ "${1:-}" = torch ]; then
    shift
    command -v python3 >/dev/null || { echo "bench torch: Python 3 with PyTorch is needed: https://pytorch.org" >&2; return 1; }
    quiet_build src/Winnow.Cli
    exec python3 bench/peers/gpu/compare.py --winnow "dotnet src/Winnow.Cli/bin/Release/$framework/Winnow.Cli.dll" "$@"
  fi
  local project status matched=false
  for project in bench/*.Bench/; do
    [ -d "$project" ] || { echo "build.sh: there are no benchmarks under bench/" >&2; return 1; }
    status=0
    dotnet run -c Release --project "$project" -- --filter "*${1:-}*" || status=$?
    case $status in
      0) matched=true ;;
      3) ;; # none of its benchmarks has that name
      *) return $status ;;
    esac
  done
  $matched || { echo "bench: no benchmark has '$1' in its name; without a name all of them run" >&2; return 2; }
}

bundled_tests=(tests/Winnow.{Core,Gpu,Simulator,Kernels,Benchmarking}.Tests tests/Winnow.Tests)

# The classes of tests that the bundle has, a line each, "program class"; the longest files first, which mostly take longest.
test_classes() {
  local project
  for project in "${bundled_tests[@]}"; do
    git grep -lE '\[Test(Case|CaseSource|Fixture)?\b' -- "$project/*.cs" | xargs wc -l | awk -v program="$(basename "$project")" '$2 != "total" { n = split($2, part, "/"); split(part[n], name, "."); print $1, program, name[1] }'
  done | sort -rn | awk '!seen[$2 $3]++ { print $2, $3 }'
}

# One folder for all programs, so that the runtime is in it once; docs/gpu.md says how to use it.
bundle() {
  local root=artifacts/bundle/winnow-linux-x64 archive=artifacts/winnow-linux-x64.tar.xz project
  rm -rf artifacts/bundle "$archive"
  mkdir -p "$root/app"
  for project in "${bundled_tests[@]}" bench/Winnow.{Kernels,Simulator}.Bench bench/Winnow.Bench src/Winnow.Cli; do
    echo "publishing $project" >&2
    dotnet publish "$project" -c Release -r linux-x64 --self-contained -v quiet "-clp:ErrorsOnly;NoSummary" -o "$root/app" -p:DebugType=none
  done
  cp bench/bundle/* Runtime.sln docs/gpu.md "$root/"
  test_classes >"$root/app/classes.txt"
  mkdir "$root/peers"
  cp -r bench/peers/{gpu,torch,triton} "$root/peers/"
  cp -r bench/traces "$root/traces"
  tar -C artifacts/bundle -c winnow-linux-x64 | xz -T0 -6 >"$archive"
  echo "$archive: $(($(stat -c %s "$archive") / 1000000)) MB"
}

size() {
  git ls-files '*.cs' '*.cu' '*.cuh' '*.c' '*.h' '*.py' | xargs -r wc -l | awk '
    $2 == "total" { next }
    { split($2, part, "/"); lines[part[1] "/" part[2]] += $1; files[part[1] "/" part[2]]++; all += $1 }
    $1 > 300 { long[$2] = $1; over += $1 > 450 }
    END {
      for (p in lines) printf "%7d lines %4d files  %s\n", lines[p], files[p], p | "sort -k5"
      close("sort -k5"); printf "%7d lines in all\n", all
      for (f in long) print sprintf("%7d lines  %s", long[f], f) (long[f] > 450 ? "  (over the limit of 450)" : "  (over the aim of 300)")
      exit over > 0
    }'
}

verb=${1:-help}
[ $# -eq 0 ] || shift
case $verb in
  build) need_dotnet; dotnet build Runtime.sln -c Release "$@" ;;
  run) need_dotnet; run_cli "$@" ;;
  test) need_dotnet; get_nvrtc; test_all "$@" ;;
  nightly) need_dotnet; get_nvrtc; category='TestCategory=Nightly'; test_all ;;
  native) need_dotnet; get_nvrtc; native "$@" ;;
  bench) need_dotnet; get_nvrtc; bench "$@" ;;
  format) need_dotnet; dotnet format Runtime.sln "$@" ;;
  size) size ;;
  api) need_dotnet; quiet_build Runtime.sln; WINNOW_WRITE_API=1 dotnet "tests/Winnow.Architecture.Tests/bin/Release/$framework/Winnow.Architecture.Tests.dll" --filter "FullyQualifiedName~PublicApi" ;;
  bundle) need_dotnet; bundle ;;
  pack) need_dotnet; dotnet pack Runtime.sln -c Release -v quiet -o artifacts/packages "$@" ;;
  help | -h | --help) usage ;;
  *) echo "build.sh: unknown verb '$verb'" >&2; usage >&2; exit 2 ;;
esac
