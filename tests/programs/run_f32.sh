#!/bin/bash
# Programs in single precision, or the part K/N of them: all elementwise functions, each other kind and a dozen models.
# ctest: seconds 25, shards 2
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py" -j 1 --real=f32 --no-gradcheck --option=-O1 --shard="${1:-1/1}" /elementwise_ /accuracy /arith_ /int_ /nan_ \
    /precision /random_ /reduce_ /sums_ /matrix_ /large_ /index_gather /loops_gradient /loops_yield.ad /if_lazy /slices \
    /model_{ballistic,gmm,gp,hamiltonian,hand,icp,kalman,lstm,mlp,physics,rk4,sinkhorn,svgd}.ad
