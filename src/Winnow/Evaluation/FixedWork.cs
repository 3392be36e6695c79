using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Evaluation;

/// <summary>
/// The same again and again on the calling thread: reading memory and multiplying and adding what is there, without other threads or the system. Where its times
/// differ, the machine is uneven, and nothing that runs on it can be more even. Other machines on the same host and other processes are what makes it so.
/// </summary>
internal sealed class FixedWork
{
    // Vectors of one turn of the loop.
    private const int Turn = 8;
    private const long LeastBytes = 4 << 10;

    // Beyond any processor's caches it makes no difference.
    private const long MostBytes = 128 << 20;
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(10);

    private readonly float[] _memory;
    private int _next;
    private long _vectors;

    private FixedWork(long bytes, TimeSpan duration)
    {
        int turnFloats = Turn * Vector<float>.Count;
        _memory = new float[Math.Clamp(bytes, LeastBytes, MostBytes) / sizeof(float) / turnFloats * turnFloats];
        Array.Fill(_memory, 1);
        Duration = duration;
    }

    /// <summary>How long it takes, about.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Work that takes about as long as something else does, but between 10 microseconds and 10 milliseconds.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="bytes">The memory that it reads in turns, from 4 KiB to 128 MiB: what is smaller than a cache stays in it.</param>
    public static FixedWork Lasting(TimeSpan duration, long bytes)
    {
        var work = new FixedWork(bytes, duration < Shortest ? Shortest : duration > Longest ? Longest : duration);
        work.Calibrate();
        return work;
    }

    /// <summary>Does it once.</summary>
    public TimeSpan Run() => Time(_vectors);

    private void Calibrate()
    {
        long vectors = 16 * Turn;
        TimeSpan took = Best(vectors);
        while (took < Duration / 2)
        {
            vectors *= 2;
            took = Best(vectors);
        }

        _vectors = Math.Max(Turn, (long)(vectors * (Duration / took)) / Turn * Turn);
    }

    private TimeSpan Best(long vectors)
    {
        const int Tries = 3;
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            TimeSpan took = Time(vectors);
            best = took < best ? took : best;
        }

        return best;
    }

    private TimeSpan Time(long vectors)
    {
        long started = Stopwatch.GetTimestamp();
        float sum = Read(vectors);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        return float.IsFinite(sum) ? took : throw new InvalidOperationException("Halves of ones do not add up to infinity.");
    }

    // Goes on where the time before ended.
    private float Read(long vectors)
    {
        ReadOnlySpan<Vector<float>> all = MemoryMarshal.Cast<float, Vector<float>>(_memory);
        float sum = 0;
        while (vectors > 0)
        {
            int count = (int)Math.Min(vectors, all.Length - _next);
            sum += Add(all.Slice(_next, count));
            _next = (_next + count) % all.Length;
            vectors -= count;
        }

        return sum;
    }

    // As many chains of multiply-adds as keep a processor's units busy.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Add(ReadOnlySpan<Vector<float>> part)
    {
        Vector<float> half = new(0.5f);
        Vector<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (; part.Length >= Turn; part = part[Turn..])
        {
            a = Vector.FusedMultiplyAdd(part[7], half, a);
            b = Vector.FusedMultiplyAdd(part[6], half, b);
            c = Vector.FusedMultiplyAdd(part[5], half, c);
            d = Vector.FusedMultiplyAdd(part[4], half, d);
            e = Vector.FusedMultiplyAdd(part[3], half, e);
            f = Vector.FusedMultiplyAdd(part[2], half, f);
            g = Vector.FusedMultiplyAdd(part[1], half, g);
            h = Vector.FusedMultiplyAdd(part[0], half, h);
        }

        return Vector.Sum(((a + b) + (c + d)) + ((e + f) + (g + h)));
    }
}
