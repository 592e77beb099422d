#!/usr/bin/env bash
# scripts/bootstrap.sh LIST...: installs what packages/LIST.txt names and this machine lacks (Debian 12).
# Costs one dpkg-query when nothing is missing. Without the right to install, prints the command and exits 3.
set -euo pipefail
cd "$(dirname "$0")/.."

# On another system the packages are its owner's business: cmake will name what it cannot find.
command -v dpkg-query >/dev/null || exit 0

lists=("${@/#/packages/}")
wanted=$(sed '/^#/d' "${lists[@]/%/.txt}" | sort -u)
# dpkg-query fails when it has never heard of a package; the answers about the others are good all the same.
# shellcheck disable=SC2086  # one word per package
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u || true)
mapfile -t missing < <(comm -23 <(echo "$wanted") <(echo "$installed"))
((${#missing[@]})) || exit 0

# --no-remove: a conflict is for a person to settle, never by taking away what the machine had.
install=(apt-get install -y -q --no-install-recommends --no-remove "${missing[@]}")
if ((EUID == 0)); then
  as_root=(env)
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n env)
else
  echo "Packages are missing. Install them with this command, then start again:" >&2
  echo "  sudo apt-get update && sudo ${install[*]}" >&2
  exit 3
fi

echo "Installing ${missing[*]}" >&2
apt() { "${as_root[@]}" DEBIAN_FRONTEND=noninteractive "$@" -o DPkg::Lock::Timeout=300 >&2; }
update() { apt apt-get update -q; }
compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update
# Lists that are too old name versions that the mirrors no longer have.
apt "${install[@]}" || { update && apt "${install[@]}"; }
