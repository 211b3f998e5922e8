#!/bin/sh
# Builds a TensorRT engine of the bundle's graph, on the machine and GPU that will run it. Compare its answers with
# golden.txt before you use it: TensorRT computes in other orders and precisions, and nothing here has tried it.
set -e
exec trtexec --onnx=@MODEL@ --saveEngine=model.plan \
  --minShapes=pictures:1x32x32x3 --optShapes=pictures:8x480x640x3 --maxShapes=pictures:16x1080x1920x3
