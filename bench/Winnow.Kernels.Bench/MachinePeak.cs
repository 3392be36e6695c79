using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Bench;

/// <summary>What the machine can do with a number of threads, measured once a run: the best of several tries.</summary>
internal sealed unsafe class MachinePeak
{
    private const int Tries = 15;
    private const long CopyBytes = 32 << 20;
    private const int TileSteps = 64;
    private const int TileRepeats = 4000;
    private static readonly ConcurrentDictionary<int, MachinePeak> Measured = new();

    private MachinePeak(int threads)
    {
        using var workers = new WorkerPool(threads);

        // Bytes of 0x2A are floats whose products are not denormal.
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)(2 * CopyBytes * threads), 64);
        NativeMemory.Fill(memory, (nuint)(2 * CopyBytes * threads), 0x2A);
        var copy = new Copying { Memory = memory };
        var multiply = new Multiplying { Memory = (float*)memory, Lanes = LinearKernel.Create().Lanes };

        // A copy reads and writes.
        GigabytesPerSecond = 2 * CopyBytes * threads / Best(workers, ref copy, threads);
        double flops = 2.0 * TileSteps * TileRepeats * 24 * multiply.Lanes * threads;
        GigaflopsPerSecond = flops / Best(workers, ref multiply, threads);
        NativeMemory.AlignedFree(memory);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"// machine peak, {threads} threads: copy {GigabytesPerSecond:F1} GB/s, multiply-add {GigaflopsPerSecond:F0} GFLOP/s"));
    }

    /// <summary>Read and written bytes of a large copy.</summary>
    public double GigabytesPerSecond { get; }

    /// <summary>Multiply-adds of the tile kernel on operands in the first-level cache.</summary>
    public double GigaflopsPerSecond { get; }

    public static MachinePeak Of(int threads) => Measured.GetOrAdd(threads, count => new MachinePeak(count));

    // Nanoseconds.
    private static double Best<TWork>(WorkerPool workers, ref TWork work, int items)
        where TWork : struct, IWork
    {
        double best = double.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            long start = Stopwatch.GetTimestamp();
            workers.Run(ref work, items);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }

        return best;
    }

    private static void Tile(float* x, float* w, float* sums)
    {
        if (Lanes512.IsSupported)
        {
            TileKernel<Lanes512, Vector512<float>>.Run(x, w, sums, TileSteps, fresh: true);
        }
        else if (Lanes256.IsSupported)
        {
            TileKernel<Lanes256, Vector256<float>>.Run(x, w, sums, TileSteps, fresh: true);
        }
        else
        {
            TileKernel<Lanes128, Vector128<float>>.Run(x, w, sums, TileSteps, fresh: true);
        }
    }

    private struct Copying : IWork
    {
        public byte* Memory;

        public readonly void Execute(int item, int worker)
        {
            byte* source = Memory + (2 * CopyBytes * item);
            Buffer.MemoryCopy(source, source + CopyBytes, CopyBytes, CopyBytes);
        }
    }

    private struct Multiplying : IWork
    {
        public float* Memory;
        public int Lanes;

        public readonly void Execute(int item, int worker)
        {
            float* x = Memory + (2 * CopyBytes / sizeof(float) * item);
            float* w = x + (TileSteps * 4 * Lanes);
            float* sums = w + (TileSteps * 6 * Lanes);
            for (int i = 0; i < TileRepeats; i++)
            {
                Tile(x, w, sums);
            }
        }
    }
}
