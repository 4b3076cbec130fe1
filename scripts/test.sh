#!/usr/bin/env bash
# All checks and tests, in order; goes on after a failure and says at the end what failed.
#   scripts/test.sh        everything        scripts/test.sh lint   style, types and import rules only
# `make test` calls it after scripts/bootstrap.py has set up .venv. Needs no terminal and no input.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
exec </dev/null

export RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 PYTHONUNBUFFERED=1 NO_COLOR=1
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
bin=.venv/bin
if [ ! -x "$bin/pytest" ]; then
  echo "The test tools are not installed here: run 'make test' instead." >&2
  exit 1
fi

summary=()
failed=0

note() { summary+=("$(printf '%-9s %-38s %s' "$1" "$2" "$3")"); }

# step NAME COMMAND...: run, time, remember. Status 5 of pytest means that there are no tests (yet).
step() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  "$@" || status=$?
  if [ "$status" -eq 0 ]; then
    note ok "$name" "$((SECONDS - start)) s"
  elif [ "$status" -eq 5 ] && [ "$1" = "$bin/pytest" ]; then
    note none "$name" "no tests here"
  else
    note FAILED "$name" "$((SECONDS - start)) s (status $status)"
    failed=1
  fi
}

skip() {
  printf '\n== %s\nskipped: %s\n' "$1" "$2"
  note skipped "$1" "$2"
}

finish() {
  printf '\n== Summary\n'
  printf '%s\n' "${summary[@]}"
  if [ "$failed" -eq 0 ]; then
    echo "All passed in $SECONDS s."
  else
    echo "Something failed; see above. $SECONDS s."
  fi
  exit "$failed"
}

# True when there is no model, or when its training material changed after it was made.
needs_training() {
  local folder=${HALTE_MODEL_DIR:-models} newest material=()
  # shellcheck disable=SC2012 # our own file names hold no odd characters
  newest=$(ls -t "$folder"/*.tar.gz 2>/dev/null | head -n 1)
  [ -n "$newest" ] || { reason="there is no model yet"; return 0; }
  for path in config.yml domain.yml data/nlu data/rules data/stories data/language tests/messages/dev models/encoder; do
    [ -e "$path" ] && material+=("$path")
  done
  [ -n "$(find "${material[@]}" -type f -newer "$newest" 2>/dev/null | head -n 1)" ] || return 1
  reason="the training material is newer than the model"
}

# Prints a Chromium that really starts (Ubuntu's chromium-browser may be an empty shell around a snap).
find_chromium() {
  local name path
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
    [ -n "$name" ] || continue
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" --version >/dev/null 2>&1; then
      echo "$path"
      return 0
    fi
  done
  return 1
}

# Debian's own Chromium, where we may install it.
install_chromium() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && grep -qs '^ID=debian$' /etc/os-release || return 1
  echo "No Chromium here: installing Debian's (this takes a minute)."
  export DEBIAN_FRONTEND=noninteractive
  local log
  log=$(mktemp)
  if apt-get update -qq >"$log" 2>&1 && apt-get install -y -qq --no-install-recommends chromium >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  echo "It could not be installed:"
  tail -n 3 "$log"
  rm -f "$log"
  return 1
}

python=(bot actions tests scripts benchmarks)
step "style: ruff check" "$bin/ruff" check --output-format concise "${python[@]}"
step "style: ruff format" "$bin/ruff" format --check --output-format concise "${python[@]}"
step "types: mypy" "$bin/mypy" bot actions
step "import rules: lint-imports" "$bin/lint-imports" --no-cache --no-logo
[ "${1:-}" = lint ] && finish

step "content: halte check" "$bin/halte" check

reason=""
if needs_training; then
  echo
  echo "Training a model first, because $reason. This takes five to ten minutes."
  step "train" "$bin/halte" train
fi

[ -f docs/evaluation.json ] && step "recognition: what changed" "$bin/halte" evaluate --against docs/evaluation.json

for suite in unit conversations telegram faults leaks rasa; do
  step "tests: $suite" "$bin/pytest" -rs "tests/$suite"
done

if CHROMIUM=$(find_chromium) || { install_chromium && CHROMIUM=$(find_chromium); }; then
  export CHROMIUM
  step "tests: browser" "$bin/pytest" -rs tests/browser
else
  skip "tests: browser" "no Chromium that starts: install it, or set CHROMIUM to its path"
fi

finish
