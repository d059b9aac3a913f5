# Sourced by scripts/serve and scripts/test: everything up to a working .venv, before Python can take over.

unset PYTHONHOME PYTHONPATH
export PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
VENV_SPACE_MB=1200

say() { printf '%s\n' "$*"; }
stop() { printf '中止 / stopped: %s\n' "$*" >&2; exit 1; }

# A virtual environment needs Python >= 3.11 with ensurepip, which Debian ships apart (python3-venv).
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      PYTHON=$(command -v "$name")
      return 0
    fi
  done
  return 1
}

ensure_python() {
  find_python && return
  scripts/machine/apt-install python3 python3-venv ca-certificates || exit 1
  find_python || stop "Python 3.11 以上と venv が必要です / install Python >= 3.11 with its venv module (Debian, Ubuntu: apt-get install python3-venv)"
}

require_space() {
  local free_mb
  free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
  [ "$free_mb" -ge "$VENV_SPACE_MB" ] ||
    stop "ディスクの空きが ${free_mb} MB です / only ${free_mb} MB free in $PWD: free ${VENV_SPACE_MB} MB and start again"
}

# Runs of both scripts in one checkout share .venv: one sets it up, the others wait.
lock_setup() {
  { mkdir -p .local && exec 9>.local/setup.lock; } 2>/dev/null ||
    stop "$PWD に書き込めません / $PWD belongs to another user: run as that user, or in a checkout of your own"
  flock --nonblock 9 && return
  say "別の準備が終わるのを待っています / waiting for another set-up in this checkout"
  flock 9
}

unlock_setup() { exec 9>&-; }

locks_installed() {
  local lock
  [ ! -e .local/venv-unfinished ] && .venv/bin/python -c 'import pip' 2>/dev/null || return 1
  for lock in "$@"; do
    grep -qxF "$(sha256sum "$lock")" .venv/installed-locks 2>/dev/null || return 1
  done
}

make_venv() {
  ensure_python
  require_space
  rm -rf .venv
  touch .local/venv-unfinished
  say "Python 環境を作成します / creating .venv with $PYTHON"
  "$PYTHON" -m venv .venv || stop "venv を作れません / $PYTHON cannot make .venv"
}

show_pip_progress() {
  awk -v total="$1" '/^(Collecting|Processing) / { n++; if (n % 10 == 0) { printf "  %d / %d\n", n, total; fflush() } }
    /^Installing collected/ { print "  展開中 / unpacking"; fflush() }'
}

install_locks() {
  local lock total arguments=()
  for lock in "$@"; do arguments+=(-r "$lock"); done
  total=$(cat "$@" | grep -oE '^[A-Za-z0-9._-]+==' | sort -u | wc -l)
  say "Python パッケージを導入します / installing Python packages (${total})"
  touch .local/venv-unfinished
  .venv/bin/python -m pip install --require-hashes --no-input --progress-bar off "${arguments[@]}" 2>&1 |
    tee .local/pip.log | show_pip_progress "$total" || explain_pip_failure
  sha256sum "$@" >.venv/installed-locks
  rm -f .local/venv-unfinished
}

explain_pip_failure() {
  if grep -q 'No space left on device' .local/pip.log; then
    stop "ディスクがいっぱいです / the disk is full: free ${VENV_SPACE_MB} MB under $PWD and start again"
  fi
  grep -E '^ *(ERROR|WARNING: Retrying)' .local/pip.log | tail -n 3 >&2
  stop "Python パッケージを導入できません。もう一度実行してください / pip failed, see .local/pip.log; start again to continue"
}

# ensure_venv LOCKFILE...: .venv holds exactly those locks; redone when a lock changed or an earlier run broke off.
ensure_venv() {
  command -v flock >/dev/null || stop "flock がありません / flock is missing (Debian: apt-get install util-linux)"
  lock_setup
  if ! locks_installed "$@"; then
    if [ -e .local/venv-unfinished ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then make_venv; fi
    install_locks "$@"
  fi
  unlock_setup
}
