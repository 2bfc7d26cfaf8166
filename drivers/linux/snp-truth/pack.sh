#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pack.sh FOLDER: the module's source with all that it needs from this tree, to be built in FOLDER or
# wherever it is carried: make -C /lib/modules/$(uname -r)/build M=FOLDER modules. Runs at the top of the tree,
# after tools/svsm build. SVSM_BUILD_DIR: another build folder than build/.
set -eu

from=drivers/linux/snp-truth
truth=${SVSM_BUILD_DIR:-build}/tools/truth/svsm-truth
if [ $# -ne 1 ] || ! [ -d "$from" ]; then
    echo "usage: sh $from/pack.sh FOLDER, at the top of the tree" >&2
    exit 2
fi
if ! [ -x "$truth" ]; then
    echo "pack.sh: error: there is no $truth" >&2
    echo "  mend: tools/svsm build makes it" >&2
    exit 3
fi
parent=$(dirname -- "$1")
if ! [ -d "$parent" ]; then
    echo "pack.sh: error: there is no folder $parent" >&2
    echo "  mend: mkdir -p $parent makes it" >&2
    exit 3
fi
mkdir -p "$1/core" "$1/abi/svsm/abi"
cp -r "$from"/*.c "$from"/*.h "$from/Makefile" "$from/include" "$1/"
cp tools/truth/core/*.c tools/truth/core/*.h "$1/core/"
cp microkernel/abi/svsm/abi/*.h abi/svsm/abi/*.h "$1/abi/svsm/abi/"
"$truth" list --source >"$1/list.inc"
