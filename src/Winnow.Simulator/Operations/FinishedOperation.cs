using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Operations on floats with the finish that <c>.ftz</c> and <c>.sat</c> ask for.</summary>
internal static class FinishedOperation
{
    public static Operation? Unary<TOp>(InstructionReader reader)
        where TOp : struct, IUnary<float>
    {
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        return reader.Take("ftz") ? new Unary<float, Finished1<TOp, Flushing>>(d, a) : new Unary<float, Finished1<TOp, Plain>>(d, a);
    }

    public static Operation? Binary<TOp>(InstructionReader reader)
        where TOp : struct, IBinary<float>
    {
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        return (reader.Take("ftz"), reader.Take("sat")) switch
        {
            (false, false) => new Binary<float, Finished2<TOp, Plain>>(d, a, b),
            (true, false) => new Binary<float, Finished2<TOp, Flushing>>(d, a, b),
            (false, true) => new Binary<float, Finished2<TOp, Saturating>>(d, a, b),
            (true, true) => new Binary<float, Finished2<TOp, FlushingSaturating>>(d, a, b),
        };
    }

    public static Operation? BinaryUnsaturated<TOp>(InstructionReader reader)
        where TOp : struct, IBinary<float>
    {
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        return reader.Take("ftz") ? new Binary<float, Finished2<TOp, Flushing>>(d, a, b) : new Binary<float, Finished2<TOp, Plain>>(d, a, b);
    }

    public static Operation? Ternary<TOp>(InstructionReader reader)
        where TOp : struct, ITernary<float>
    {
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        int c = reader.At(3, 32);
        return (reader.Take("ftz"), reader.Take("sat")) switch
        {
            (false, false) => new Ternary<float, Finished3<TOp, Plain>>(d, a, b, c),
            (true, false) => new Ternary<float, Finished3<TOp, Flushing>>(d, a, b, c),
            (false, true) => new Ternary<float, Finished3<TOp, Saturating>>(d, a, b, c),
            (true, true) => new Ternary<float, Finished3<TOp, FlushingSaturating>>(d, a, b, c),
        };
    }

    /// <summary>The same around a function of bits.</summary>
    public static Func<ulong, ulong, ulong, ulong> Around(Func<ulong, ulong, ulong, ulong> function, FloatFormat format, bool flushes, bool saturates)
    {
        if (!flushes && !saturates)
        {
            return function;
        }

        return (x, y, z) =>
        {
            ulong result = flushes ? format.Flush(function(format.Flush(x), format.Flush(y), format.Flush(z))) : function(x, y, z);
            return saturates ? Saturate(result, format) : result;
        };
    }

    /// <summary>Into [0, 1]; NaN becomes +0.</summary>
    public static ulong Saturate(ulong bits, FloatFormat format)
    {
        ulong one = format.Encode(Exact.FromInteger(1), Rounding.Nearest);
        return format.IsNaN(bits) || format.IsNegative(bits) ? 0 : Math.Min(bits, one);
    }
}
