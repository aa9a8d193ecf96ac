#!/bin/bash
# Brings the documentation of Debian packages into a folder, without installing
# the packages: apt downloads and verifies each one, dpkg-deb unpacks it, and
# the files of the wanted types are kept under the paths that the package would
# install them to.
#
# Usage: fetch.sh [FOLDER]        default: the folder "files" beside this script
#
# The packages and the wanted types stand in packages.txt. A second run brings
# only what has changed: FOLDER/.fetched keeps, for each package, the version
# and the list of its files.

set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=$here/packages.txt

fail() {
  printf 'fetch.sh: %s\n' "$*" >&2
  exit 1
}

case ${1:-} in
  -h | --help)
    sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  -*) fail "unknown option $1; usage: fetch.sh [FOLDER]" ;;
esac
[ $# -le 1 ] || fail "one folder at most; usage: fetch.sh [FOLDER]"

for tool in apt-get apt-cache dpkg-deb gzip; do
  command -v "$tool" >/dev/null ||
    fail "$tool is not here; this script needs Debian or a system derived from it"
done

target=${1:-$here/files}
mkdir -p "$target/.fetched" || fail "cannot make the folder $target"
target=$(cd "$target" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# apt drops its privileges to download, and then needs a folder of its own.
if [ "$(id -u)" = 0 ] && id _apt >/dev/null 2>&1; then
  chmod 755 "$scratch"
  mkdir "$scratch/download"
  chown _apt "$scratch/download"
else
  mkdir "$scratch/download"
fi

# Prints the version of a package that apt would download, or nothing when apt
# does not know the package.
candidate() {
  apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '^(none)$' || true
}

# Tells whether a record stands for this version and these types, with each of
# its files still in place.
is_current() {
  local record=$1 heading=$2 file
  [ -f "$record" ] && [ "$(head -n 1 "$record")" = "$heading" ] || return 1
  while IFS= read -r file; do
    [ -f "$target/$file" ] || return 1
  done < <(tail -n +2 "$record")
}

# Removes the files of an earlier version, and folders that are empty then.
remove_recorded() {
  local record=$1 file
  [ -f "$record" ] || return 0
  while IFS= read -r file; do
    rm -f "$target/$file"
  done < <(tail -n +2 "$record")
  rm -f "$record"
  find "$target" -mindepth 1 -type d -empty ! -name .fetched -delete
}

fetch() {
  local package=$1 version=$2 record=$3 heading=$4
  shift 4
  local unpacked=$scratch/$package file plain suffix

  (cd "$scratch/download" && apt-get -qq download "$package=$version" </dev/null) >"$scratch/log" 2>&1 || {
    sed 's/^/  /' "$scratch/log" >&2
    fail "apt could not download $package $version. If this machine is offline, connect it" \
      "and run the script again; if the version is gone from the mirror, run apt-get update."
  }
  mkdir "$unpacked"
  dpkg-deb -x "$scratch/download/${package}_"*.deb "$unpacked" ||
    fail "dpkg-deb could not unpack $package $version"

  # Symbolic links stay out: the packages use them to show a folder twice.
  (cd "$unpacked" && find . -type f | sed 's|^\./||' | sort) >"$scratch/files"
  : >"$scratch/kept"
  while IFS= read -r file; do
    plain=${file%.gz}
    for suffix in "$@"; do
      [ "${plain%."$suffix"}" != "$plain" ] || continue
      if [ "$plain" != "$file" ]; then
        gzip -df "$unpacked/$file"
      fi
      printf '%s\n' "$plain" >>"$scratch/kept"
    done
  done <"$scratch/files"
  [ -s "$scratch/kept" ] || fail "$package $version has no file of the types: $*"

  remove_recorded "$record"
  while IFS= read -r file; do
    mkdir -p "$target/$(dirname "$file")"
    mv "$unpacked/$file" "$target/$file"
    chmod 644 "$target/$file"
  done <"$scratch/kept"
  # The record comes last, so that a run that was cut short is done again.
  { printf '%s\n' "$heading"; cat "$scratch/kept"; } >"$scratch/record"
  mv "$scratch/record" "$record"
  printf '%s %s: %d files\n' "$package" "$version" "$(wc -l <"$scratch/kept")"
}

while read -r package suffixes; do
  case $package in '' | '#'*) continue ;; esac
  read -ra wanted <<<"$suffixes"
  [ ${#wanted[@]} -gt 0 ] || fail "packages.txt: $package names no types of files"
  for suffix in "${wanted[@]}"; do
    case $suffix in
      html | pdf | txt | md) ;;
      *) fail "packages.txt: $package: unknown type $suffix; known are html, pdf, txt, md" ;;
    esac
  done

  record=$target/.fetched/$package
  version=$(candidate "$package")
  if [ -z "$version" ]; then
    known=$(head -n 1 "$record" 2>/dev/null | cut -d ' ' -f 1 || true)
    if [ -n "$known" ] && is_current "$record" "$known ${wanted[*]}"; then
      printf '%s %s: already here (apt does not know the package now)\n' "$package" "$known"
      continue
    fi
    fail "apt does not know the package $package. Run apt-get update first;" \
      "the package is in Debian 12 (bookworm), section main."
  fi
  heading="$version ${wanted[*]}"
  if is_current "$record" "$heading"; then
    printf '%s %s: already here\n' "$package" "$version"
  else
    fetch "$package" "$version" "$record" "$heading" "${wanted[@]}"
  fi
done <"$manifest"

printf 'Documents are in %s\n' "$target"
