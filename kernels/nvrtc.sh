#!/usr/bin/env bash
# Unpacks NVRTC, the library that compiles the kernels, into artifacts/nvrtc on Debian and Ubuntu, unless there is one already. Needs no
# root and changes nothing of the system: apt works in folders of its own, with the machine's own mirrors and keys.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD/artifacts

is_there() {
  [ -z "${WINNOW_NVRTC:-}" ] || return 0
  local folder folders
  IFS=: read -ra folders <<<"${LD_LIBRARY_PATH:-}"
  for folder in ${CUDA_PATH:+"$CUDA_PATH/lib64" "$CUDA_PATH/lib"} ${folders[@]+"${folders[@]}"}; do
    compgen -G "$folder/libnvrtc.so*" >/dev/null && return 0
  done
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -qE 'libnvrtc\.so\.(1[23]|11\.2)' && return 0
  [ -d "$root/nvrtc" ] && [ -n "$(find "$root/nvrtc" -name 'libnvrtc.so.*' -print -quit)" ]
}

# The machine's binary sources, a line each: URI, keyring (or -), suite. Other options, such as trusted, are not taken over.
sources() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '$1 == "deb" {
    key = "-"; i = 2
    if ($i ~ /^\[/) for (last = 0; !last && i <= NF; i++) {
      last = $i ~ /\]$/; option = $i; gsub(/[][]/, "", option)
      if (option ~ /^signed-by=\//) key = substr(option, 11)
    }
    if ($0 ~ /[ \t]main([ \t]|$)/) print $i, key, $(i + 1)
  }' || true
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    grep -v '^#' "$file" | awk 'BEGIN { RS = ""; FS = "\n" } {
      split("", field)
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^[A-Za-z-]+:/) { name = tolower(substr($i, 1, index($i, ":") - 1)); field[name] = substr($i, index($i, ":") + 1) }
        else field[name] = field[name] " " $i
      }
      if (tolower(field["enabled"]) ~ /no/ || field["types"] !~ /deb( |$)/ || field["components"] !~ /main( |$)/) next
      key = "-"; split(field["signed-by"], keys, " "); if (keys[1] ~ /^\//) key = keys[1]
      uris = split(field["uris"], uri, " "); suites = split(field["suites"], suite, " ")
      for (u = 1; u <= uris; u++) for (s = 1; s <= suites; s++) print uri[u], key, suite[s]
    }'
  done
}

# The same mirrors with the suites and the component that hold NVRTC.
nvrtc_sources() {
  local ID="" ID_LIKE="" VERSION_CODENAME="" suites component uri key suite wanted
  # shellcheck disable=SC1091
  . /etc/os-release
  case " $ID $ID_LIKE " in
    *" ubuntu "*) suites="${UBUNTU_CODENAME:-$VERSION_CODENAME} noble" component=multiverse ;;
    *" debian "*) suites=trixie component=non-free ;;
    *) echo "this is neither Debian nor Ubuntu" >&2; return 1 ;;
  esac
  sources | while read -r uri key suite; do
    case $suite in
      "${UBUNTU_CODENAME:-$VERSION_CODENAME}" | stable | testing | unstable | sid | trixie) ;;
      *) continue ;;
    esac
    [ "$key" = - ] && key="" || key="[signed-by=$key] "
    for wanted in $suites; do echo "deb $key$uri $wanted $component"; done
  done | sort -u
}

fetch() {
  local work=$1 name
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
  nvrtc_sources >"$work/sources.list"
  [ -s "$work/sources.list" ] || { echo "the machine has no apt source of Debian or Ubuntu"; return 1; }
  # The machine's own configuration is read before this (it may name a proxy); its hooks and pins do not apply here.
  cat >"$work/apt.conf" <<CONF
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
CONF
  apt-get -c "$work/apt.conf" -q update || true
  name=$(apt-cache -c "$work/apt.conf" pkgnames libnvrtc | grep -xE 'libnvrtc[0-9.]+' | sort -V | tail -n 1)
  [ -n "$name" ] || { echo "the sources hold no libnvrtc"; return 1; }
  # shellcheck disable=SC2046
  (cd "$work" && apt-get -c apt.conf -q download "$name" \
    $(apt-cache -c apt.conf depends "$name" | awk '$1 == "Depends:" && $2 ~ /^libnvrtc-builtins/ { print $2 }'))
  for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
  [ -n "$(find "$work/root" -name 'libnvrtc.so.*' -print -quit)" ]
}

! is_there || exit 0
mkdir -p "$root"
work=$(mktemp -d "$root/nvrtc.XXXXXX")
trap 'rm -rf "$work"' EXIT
set +e # A condition around the call would switch -e off inside it.
(set -e; command -v apt-get dpkg; fetch "$work") >"$root/nvrtc.log" 2>&1
failed=$?
set -e
if [ $failed -ne 0 ]; then
  echo "NVRTC could not be obtained through apt (artifacts/nvrtc.log says why); install the CUDA toolkit or set WINNOW_NVRTC to the library" >&2
  exit 1
fi
# A run beside this one may have been faster; either copy is good.
mv -T "$work/root" "$root/nvrtc" 2>/dev/null || true
echo "NVRTC is unpacked in artifacts/nvrtc" >&2
