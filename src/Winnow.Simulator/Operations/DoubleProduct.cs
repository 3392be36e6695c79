using System;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>mma.sync.m8n8k4</c> of doubles: fused multiply-adds with k ascending.</summary>
internal sealed unsafe class DoubleProduct(int[] d, int a, int b, int[] c) : Operation
{
    private const int Depth = 4;

    public override void Execute(Warp warp, uint lanes)
    {
        double* rows = (double*)(warp.Registers + a);
        double* columns = (double*)(warp.Registers + b);
        double* sums = stackalloc double[2 * Warp.Lanes];
        for (int i = 0; i < 2 * Warp.Lanes; i++)
        {
            int lane = i % Warp.Lanes;
            int odd = i / Warp.Lanes;
            int row = lane / 4;
            int column = (lane % 4 * 2) + odd;
            double sum = ((double*)(warp.Registers + c[odd]))[lane];
            for (int k = 0; k < Depth; k++)
            {
                sum = Math.FusedMultiplyAdd(rows[(row * Depth) + k], columns[(column * Depth) + k], sum);
            }

            sums[i] = sum;
        }

        for (int i = 0; i < 2 * sizeof(double); i++)
        {
            int part = i % sizeof(double);
            Lane.Store(warp.Registers + d[i / sizeof(double)] + (part * Lane.Step), Vector256.Load(sums + (i * 4)), lanes, part);
        }
    }
}
