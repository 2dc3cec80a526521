#!/usr/bin/env bash
# What the contract has become since the last release: a breaking change fails, where there was a release.
set -euo pipefail
if tag=$(git describe --tags --abbrev=0 2>/dev/null); then
    cierre spec diff "$tag"
else
    echo "no tag yet: nothing to compare the contract with"
fi
