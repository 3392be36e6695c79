using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>
/// Division of 32-bit integers through doubles: a quotient differs from the next integer by at least 1/b, which is far more than a double's error, so
/// cutting it gives the true one.
/// </summary>
internal static class Quotients
{
    /// <summary>2^52: added to an integer below it, it leaves the integer in the lowest bits.</summary>
    private const double Shift = 4503599627370496;

    /// <summary>1.5 * 2^52, which does the same for negative ones.</summary>
    private const double SignedShift = 6755399441055744;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Unsigned(Vector256<uint> a, Vector256<uint> b)
    {
        (Vector256<ulong> a0, Vector256<ulong> a1) = Vector256.Widen(a);
        (Vector256<ulong> b0, Vector256<ulong> b1) = Vector256.Widen(b);
        return Vector256.Narrow(Unsigned(a0, b0), Unsigned(a1, b1)) | Vector256.Equals(b, Vector256<uint>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Signed(Vector256<uint> a, Vector256<uint> b)
    {
        (Vector256<long> a0, Vector256<long> a1) = Vector256.Widen(a.AsInt32());
        (Vector256<long> b0, Vector256<long> b1) = Vector256.Widen(b.AsInt32());
        return Vector256.Narrow(Signed(a0, b0), Signed(a1, b1)).AsUInt32() | Vector256.Equals(b, Vector256<uint>.Zero);
    }

    /// <summary>What is left of a; all of it where b is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Rest(Vector256<uint> a, Vector256<uint> b, Vector256<uint> quotient) => a - (quotient * b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Unsigned(Vector256<ulong> a, Vector256<ulong> b)
    {
        Vector256<double> shift = Vector256.Create(Shift);
        Vector256<double> x = (a | shift.AsUInt64()).AsDouble() - shift;
        Vector256<double> y = (b | shift.AsUInt64()).AsDouble() - shift;
        return (Vector256.Truncate(x / y) + shift).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Signed(Vector256<long> a, Vector256<long> b)
    {
        Vector256<double> shift = Vector256.Create(SignedShift);
        Vector256<double> x = (a + shift.AsInt64()).AsDouble() - shift;
        Vector256<double> y = (b + shift.AsInt64()).AsDouble() - shift;
        return (Vector256.Truncate(x / y) + shift).AsInt64();
    }
}

internal readonly struct UnsignedQuotient : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Quotients.Unsigned(a, b);
}

internal readonly struct SignedQuotient : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Quotients.Signed(a, b);
}

internal readonly struct UnsignedRemainder : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Quotients.Rest(a, b, Quotients.Unsigned(a, b));
}

internal readonly struct SignedRemainder : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Quotients.Rest(a, b, Quotients.Signed(a, b));
}
