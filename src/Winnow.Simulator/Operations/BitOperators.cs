using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>An unsigned bit field: position and length are the lower bytes of b and c.</summary>
internal readonly struct ExtractField : ITernary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        Vector256<uint> low = Vector256.Create(0xFFu);
        Vector256<uint> ones = VectorMath.ShiftLeft(Vector256<uint>.One, c & low) - Vector256<uint>.One;
        return VectorMath.ShiftRight(a, b & low) & ones;
    }
}

/// <summary>A signed bit field: what lies beyond the value's last bit is its sign.</summary>
internal readonly struct ExtractSignedField : ITernary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        Vector256<uint> low = Vector256.Create(0xFFu);
        Vector256<uint> width = Vector256.Create(32u);
        Vector256<uint> position = Vector256.Min(b & low, Vector256.Create(31u));
        Vector256<uint> length = Vector256.Min(c & low, width - position);
        Vector256<uint> upper = VectorMath.ShiftLeft(a, width - position - length);
        return Vector256.AndNot(VectorMath.ShiftRightSigned(upper, width - length), Vector256.Equals(length, Vector256<uint>.Zero));
    }
}

internal readonly struct PopulationCount : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        a -= (a >>> 1) & Vector256.Create(0x55555555u);
        a = (a & Vector256.Create(0x33333333u)) + ((a >>> 2) & Vector256.Create(0x33333333u));
        a = (a + (a >>> 4)) & Vector256.Create(0x0F0F0F0Fu);
        return (a * Vector256.Create(0x01010101u)) >>> 24;
    }
}

internal readonly struct LeadingZeros : IUnary<uint>
{
    // With every bit below the highest set, the bits that are not are those sought.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        a |= a >>> 1;
        a |= a >>> 2;
        a |= a >>> 4;
        a |= a >>> 8;
        a |= a >>> 16;
        return PopulationCount.Apply(~a);
    }
}

internal readonly struct ReverseBits : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        a = Exchange(a, 1, 0x55555555);
        a = Exchange(a, 2, 0x33333333);
        a = Exchange(a, 4, 0x0F0F0F0F);
        a = Exchange(a, 8, 0x00FF00FF);
        return (a >>> 16) | (a << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Exchange(Vector256<uint> a, int distance, uint mask) =>
        ((a >>> distance) & Vector256.Create(mask)) | ((a & Vector256.Create(mask)) << distance);
}

/// <summary><c>bfi.b32</c>: the lower bits of a in place of a field of b.</summary>
internal sealed unsafe class FieldInsertion(int d, int a, int b, int position, int length) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        Vector256<uint> low = Vector256.Create(0xFFu);
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<uint> start = Lane.Load<uint>(registers + position) & low;
            Vector256<uint> size = Lane.Load<uint>(registers + length) & low;
            Vector256<uint> mask = VectorMath.ShiftLeft(VectorMath.ShiftLeft(Vector256<uint>.One, size) - Vector256<uint>.One, start);
            Vector256<uint> field = VectorMath.ShiftLeft(Lane.Load<uint>(registers + a), start);
            Lane.Store(registers + d, Vector256.ConditionalSelect(mask, field, Lane.Load<uint>(registers + b)), lanes, i);
        }
    }
}

/// <summary>How the bytes of a factor of <c>dp4a</c> are extended: even and odd ones as 16-bit integers.</summary>
internal interface IByteExtension
{
    static abstract (Vector256<int> Even, Vector256<int> Odd) Apply(Vector256<uint> bytes);
}

internal readonly struct SignedBytes : IByteExtension
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<int> Even, Vector256<int> Odd) Apply(Vector256<uint> bytes) =>
        (((bytes.AsInt16() << 8) >> 8).AsInt32(), (bytes.AsInt16() >> 8).AsInt32());
}

internal readonly struct UnsignedBytes : IByteExtension
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<int> Even, Vector256<int> Odd) Apply(Vector256<uint> bytes) =>
        ((bytes.AsInt16() & Vector256.Create((short)0xFF)).AsInt32(), (bytes.AsInt16() >>> 8).AsInt32());
}

/// <summary><c>dp4a</c></summary>
internal readonly struct DotOfBytes<TA, TB> : ITernary<uint>
    where TA : struct, IByteExtension
    where TB : struct, IByteExtension
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        (Vector256<int> evenA, Vector256<int> oddA) = TA.Apply(a);
        (Vector256<int> evenB, Vector256<int> oddB) = TB.Apply(b);
        return (VectorMath.MultiplyPairs(evenA, evenB) + VectorMath.MultiplyPairs(oddA, oddB)).AsUInt32() + c;
    }
}
