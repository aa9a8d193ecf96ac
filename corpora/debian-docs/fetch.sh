#!/bin/bash
# Brings the documentation of Debian packages into a folder, without installing
# the packages: apt downloads and verifies each one, dpkg-deb unpacks it, and
# the wanted files are kept under the paths that the package would install them
# to.
#
# Usage: fetch.sh [FOLDER]        default: the folder "files" beside this script
#
# The packages and the wanted files stand in packages.txt. A second run brings
# only what has changed, and removes the files of packages that are no longer
# named: FOLDER/.fetched keeps, for each package, the version and the list of
# its files. A run may be stopped at any moment and started again.

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

for tool in apt-get apt-cache dpkg-deb gzip awk; do
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

# Prints a line for each package that apt could download: its name and version.
candidates() {
  apt-cache policy "$@" 2>/dev/null |
    awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) }
         $1 == "Candidate:" && $2 != "(none)" { print name, $2 }'
}

# Tells whether a path is wanted: the last of the patterns that match decides.
is_wanted() {
  local path=$1 pattern wanted=1
  shift
  for pattern in "$@"; do
    # The patterns stay unquoted here, so that they match as patterns.
    case $pattern in
      '!'*) [[ $path != ${pattern#!} ]] || wanted=1 ;;
      *) [[ $path != $pattern ]] || wanted=0 ;;
    esac
  done
  return $wanted
}

# Tells whether a record stands for this version and these patterns, with each
# of its files still in place.
is_current() {
  local record=$1 heading=$2 file
  [ -f "$record" ] && [ "$(head -n 1 "$record")" = "$heading" ] || return 1
  while IFS= read -r file; do
    [ -f "$target/$file" ] || return 1
  done < <(tail -n +2 "$record")
}

# Removes the files of a record, folders that are empty then, and the record.
remove_recorded() {
  local record=$1 file
  [ -f "$record" ] || return 0
  while IFS= read -r file; do
    rm -f "$target/$file"
  done < <(tail -n +2 "$record")
  find "$target" -mindepth 1 -type d -empty ! -name .fetched -delete
  rm -f "$record"
}

# Writes a record whole or not at all: the heading, then the files kept.
write_record() {
  local record=$1 heading=$2
  { printf '%s\n' "$heading"; cat "$scratch/kept"; } >"$target/.fetched/.new"
  mv "$target/.fetched/.new" "$record"
}

fetch() {
  local package=$1 version=$2 record=$3 heading=$4
  shift 4
  local unpacked=$scratch/$package file plain

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
    is_wanted "$plain" "$@" || continue
    if [ "$plain" != "$file" ]; then
      gzip -df "$unpacked/$file"
    fi
    printf '%s\n' "$plain" >>"$scratch/kept"
  done <"$scratch/files"
  [ -s "$scratch/kept" ] || fail "$package $version has no file that matches: $*"

  remove_recorded "$record"
  # The record names the files before they come and the version after, so that
  # a run that was cut short is done again and leaves nothing behind.
  write_record "$record" unfinished
  while IFS= read -r file; do
    mkdir -p "$target/$(dirname "$file")"
    mv "$unpacked/$file" "$target/$file"
    chmod 644 "$target/$file"
  done <"$scratch/kept"
  write_record "$record" "$heading"
  printf '%s %s: %d files\n' "$package" "$version" "$(wc -l <"$scratch/kept")"
  rm -rf "$unpacked" "$scratch/download/${package}_"*.deb
}

# The whole manifest is checked before anything is done.
packages=()
declare -A patterns
while read -r package rest; do
  case $package in '' | '#'*) continue ;; esac
  [[ $package =~ ^[a-z0-9][a-z0-9+.-]+$ ]] || fail "packages.txt: $package is no package's name"
  [ -z "${patterns[$package]:-}" ] || fail "packages.txt: $package stands there twice"
  read -ra wanted <<<"$rest"
  [ ${#wanted[@]} -gt 0 ] || fail "packages.txt: $package names no files"
  for pattern in "${wanted[@]}"; do
    case $pattern in
      '!'* | *.html | *.md | *.txt | *.text | *.pdf) ;;
      *) fail "packages.txt: $package: $pattern does not end in .html, .md, .txt, .text or .pdf" ;;
    esac
  done
  packages+=("$package")
  patterns[$package]=$rest
done <"$manifest"
[ ${#packages[@]} -gt 0 ] || fail "packages.txt names no packages"

declare -A versions
while read -r package version; do
  versions[$package]=$version
done < <(candidates "${packages[@]}")

for package in "${packages[@]}"; do
  record=$target/.fetched/$package
  read -ra wanted <<<"${patterns[$package]}"
  version=${versions[$package]:-}
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
done

for record in "$target/.fetched"/*; do
  package=${record##*/}
  if [ -z "${patterns[$package]:-}" ]; then
    remove_recorded "$record"
    printf '%s: removed, packages.txt does not name it\n' "$package"
  fi
done

printf 'Documents are in %s\n' "$target"
