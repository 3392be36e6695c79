using System;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>What an operand of a row holds, so that its values are the interesting ones.</summary>
internal enum ValueKind
{
    /// <summary>No operand.</summary>
    None,

    /// <summary>A 16-bit integer.</summary>
    I16,

    /// <summary>A 32-bit integer.</summary>
    I32,

    /// <summary>A 64-bit integer.</summary>
    I64,

    /// <summary>A count of bits, 0 to 70.</summary>
    Count,

    /// <summary>A half.</summary>
    F16,

    /// <summary>Two halves.</summary>
    F16x2,

    /// <summary>A brain float.</summary>
    B16,

    /// <summary>Two brain floats.</summary>
    B16x2,

    /// <summary>A float.</summary>
    F32,

    /// <summary>A float that is near 1 in magnitude, so that sums cancel and functions stay in range.</summary>
    Near,

    /// <summary>A double.</summary>
    F64,
}

/// <summary>Values for tests: edges and random ones.</summary>
internal static class Values
{
    private static readonly ulong[] Integers = [0, 1, 2, 3, 31, 32, 33, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF,
        0xFFFFFFFE, 0xFFFFFF80, 0xFFFF8000, 0x0123456789ABCDEF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF80000000, 0x100000000];

    private static readonly uint[] Floats = [0, 0x80000000, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x80800000, 0x3F800000, 0xBF800000, 0x3F7FFFFF, 0x3F800001, 0x3F000000, 0xBF000000,
        0x3FC00000, 0x40200000, 0xC0200000, 0x4B000000, 0x4B000001, 0xCB000000, 0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4F7FFFFF, 0x4F800000, 0x5F000000, 0xDF000000, 0x5F800000, 0x7F7FFFFF,
        0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F800001, 0x477FE000, 0x477FEFFF, 0x477FF000, 0x33000000, 0x33000001, 0x387FC000, 0x38800000];

    private static readonly ushort[] Halves = [0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x8400, 0x3C00, 0xBC00, 0x3C01, 0x3BFF, 0x3800, 0x3E00, 0x4100, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7C01, 0x6400, 0x5800, 0x1400];

    private static readonly ushort[] Brains = [0, 0x8000, 1, 0x8001, 0x7F, 0x80, 0x8080, 0x3F80, 0xBF80, 0x3F81, 0x3F7F, 0x3F00, 0x4020, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0xFFC1, 0x7F81, 0x4B00, 0x0480, 0x2000];

    private static readonly ulong[] Doubles = [0, 0x8000000000000000, 1, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x3FF0000000000001,
        0x3FE0000000000000, 0x4004000000000000, 0x4330000000000001, 0x41DFFFFFFFC00000, 0xC1E0000000000000, 0x41EFFFFFFFE00000, 0x43E0000000000000, 0xC3E0000000000000, 0x43F0000000000000, 0x7FEFFFFFFFFFFFFF,
        0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x3690000000000000, 0x3690000000000001, 0x40EFFC0000000000];

    public static int BitsOf(ValueKind kind) => kind switch
    {
        ValueKind.I16 or ValueKind.F16 or ValueKind.B16 => 16,
        ValueKind.I64 or ValueKind.F64 => 64,
        _ => 32,
    };

    /// <summary>Draws a value; every second one is an edge.</summary>
    public static ulong Draw(ValueKind kind, Random random)
    {
        bool isEdge = random.Next(2) == 0;
        ulong any = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        ulong ones = ulong.MaxValue >> (64 - BitsOf(kind));
        return ones & kind switch
        {
            ValueKind.Count => (ulong)random.Next(70),
            ValueKind.F16 => isEdge ? Pick(Halves, random) : any,
            ValueKind.F16x2 => isEdge ? Pick(Halves, random) | ((ulong)Pick(Halves, random) << 16) : any,
            ValueKind.B16 => isEdge ? Pick(Brains, random) : NearBrain(random),
            ValueKind.B16x2 => isEdge ? Pick(Brains, random) | ((ulong)Pick(Brains, random) << 16) : NearBrain(random) | (NearBrain(random) << 16),
            ValueKind.F32 => isEdge ? Pick(Floats, random) : random.Next(2) == 0 ? any : Near(random),
            ValueKind.Near => Near(random),
            ValueKind.F64 => isEdge ? Pick(Doubles, random) : random.Next(2) == 0 ? any : BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * 100),
            _ => isEdge ? Pick(Integers, random) : any,
        };
    }

    private static ulong Near(Random random) => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * 8));

    private static ulong NearBrain(Random random) => (ulong)(uint)random.Next(0x3D00, 0x4180) | ((ulong)(uint)random.Next(2) << 15);

    private static T Pick<T>(T[] values, Random random) => values[random.Next(values.Length)];
}
