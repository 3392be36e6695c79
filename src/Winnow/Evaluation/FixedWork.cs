using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Winnow.Evaluation;

/// <summary>
/// The same computation again and again on the calling thread, without memory, other threads or the system: where its times differ, the machine is uneven, and
/// nothing that runs on it can be more even. Other machines on the same host and other processes are what makes it so.
/// </summary>
internal sealed class FixedWork
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(10);

    private readonly int _turns;

    private FixedWork(int turns, TimeSpan duration) => (_turns, Duration) = (turns, duration);

    /// <summary>How long it takes, about.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Work that takes about as long as something else does, but between 10 microseconds and 10 milliseconds.</summary>
    /// <param name="duration">How long.</param>
    public static FixedWork Lasting(TimeSpan duration)
    {
        TimeSpan wanted = duration < Shortest ? Shortest : duration > Longest ? Longest : duration;
        int turns = 64;
        TimeSpan took = Best(turns);
        while (took < wanted / 2)
        {
            turns *= 2;
            took = Best(turns);
        }

        return new FixedWork(Math.Max(1, (int)(turns * (wanted / took))), wanted);
    }

    /// <summary>Does it once.</summary>
    public TimeSpan Run() => Time(_turns);

    private static TimeSpan Best(int turns)
    {
        const int Tries = 3;
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            TimeSpan took = Time(turns);
            best = took < best ? took : best;
        }

        return best;
    }

    private static TimeSpan Time(int turns)
    {
        long started = Stopwatch.GetTimestamp();
        float sum = Compute(turns);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        return float.IsFinite(sum) ? took : throw new InvalidOperationException("Halving and adding one does not leave the numbers below two.");
    }

    // As many chains of multiply-adds as keep a processor's units busy; all of them stay in registers.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Compute(int turns)
    {
        Vector<float> half = new(0.5f);
        Vector<float> one = Vector<float>.One;
        Vector<float> a = one, b = one, c = one, d = one, e = one, f = one, g = one, h = one;
        for (int turn = 0; turn < turns; turn++)
        {
            a = Vector.FusedMultiplyAdd(a, half, one);
            b = Vector.FusedMultiplyAdd(b, half, one);
            c = Vector.FusedMultiplyAdd(c, half, one);
            d = Vector.FusedMultiplyAdd(d, half, one);
            e = Vector.FusedMultiplyAdd(e, half, one);
            f = Vector.FusedMultiplyAdd(f, half, one);
            g = Vector.FusedMultiplyAdd(g, half, one);
            h = Vector.FusedMultiplyAdd(h, half, one);
        }

        return Vector.Sum(((a + b) + (c + d)) + ((e + f) + (g + h)));
    }
}
