using System;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Python's arithmetic on ints of any size and on floats.</summary>
internal static partial class TemplateOperators
{
    private static IntValue IntegerArithmetic(TemplateRun run, string op, BigInteger a, BigInteger b)
    {
        if (a.GetBitLength() + b.GetBitLength() > PythonNumber.MaxBits)
        {
            throw run.Limit("makes a number too large");
        }

        run.Count(a.GetBitLength() + b.GetBitLength());
        if (op is "//" or "%" && b.IsZero)
        {
            throw run.Fail("integer division or modulo by zero");
        }

        return new IntValue(op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "//" => (a - Modulo(a, b)) / b,
            "%" => Modulo(a, b),
            _ => Power(run, a, b),
        });
    }

    private static BigInteger Modulo(BigInteger a, BigInteger b)
    {
        BigInteger rest = BigInteger.Remainder(a, b);
        return !rest.IsZero && rest.Sign != b.Sign ? rest + b : rest;
    }

    private static BigInteger Power(TemplateRun run, BigInteger a, BigInteger b)
    {
        if (b > PythonNumber.MaxBits || (long)b * a.GetBitLength() > PythonNumber.MaxBits)
        {
            throw run.Limit("makes a number too large");
        }

        run.Count((long)b * a.GetBitLength());
        return BigInteger.Pow(a, (int)b);
    }

    private static double FloatArithmetic(TemplateRun run, string op, double a, double b)
    {
        if (op is "/" or "//" or "%" && b == 0)
        {
            throw run.Fail("float division by zero");
        }

        return op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => FloatQuotient(a, b),
            "%" => FloatModulo(a, b),
            _ => Power(run, a, b),
        };
    }

    private static double Power(TemplateRun run, double a, double b)
    {
        double result = Math.Pow(a, b);
        bool fromFinite = double.IsFinite(a) && double.IsFinite(b);
        return double.IsFinite(result) || !fromFinite
            ? result
            : throw run.Fail(a == 0 ? "zero cannot be raised to a negative power" : "the power is too large or not a real number");
    }

    private static double FloatQuotient(double a, double b)
    {
        double quotient = (a - FloatModulo(a, b)) / b;
        return quotient == 0 ? Math.CopySign(0, a / b) : Math.Floor(quotient + 0.5);
    }

    private static double FloatModulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest == 0 ? Math.CopySign(0, b) : rest;
    }
}
