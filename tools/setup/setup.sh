#!/bin/sh
# SPDX-License-Identifier: MIT
set -eu
SVSM_TREE=$(cd "$(dirname "$0")/../.." && pwd)
. "$SVSM_TREE/tools/setup/common.sh"
. "$SVSM_TREE/tools/setup/apt.sh"
. "$SVSM_TREE/tools/setup/sources.sh"
mkdir -p "$SVSM_BUILD"
lock_cache
sources_setup
