using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Execution;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>
/// The functions of CUDA's mathematical library, whose code the compiler writes in the instructions of the corpus: each must keep the bound that the CUDA C++
/// Programming Guide gives for it, or a tighter one: so many steps between its result and the rounded one, which C# computes in double.
/// </summary>
public sealed class MathLibraryTests
{
    private sealed record Function(string Code, Func<double, double> Expected, int Ulps, double Low = -20, double High = 20);

    private static readonly Function[] Singles =
    [
        new("expf(x)", Math.Exp, 1),
        new("exp2f(x)", x => Math.Pow(2, x), 2),
        new("exp10f(x)", x => Math.Pow(10, x), 2),
        new("expm1f(x)", x => Math.Exp(x) - 1, 1, 0.5),
        new("logf(x)", Math.Log, 1, 0),
        new("log2f(x)", Math.Log2, 1, 0),
        new("log10f(x)", Math.Log10, 2, 0),
        new("log1pf(x)", x => Math.Log(1 + x), 1, 0.5),
        new("sinf(x)", Math.Sin, 2, -1e6, 1e6),
        new("cosf(x)", Math.Cos, 2, -1e6, 1e6),
        new("tanf(x)", Math.Tan, 4),
        new("tanhf(x)", Math.Tanh, 2),
        new("sinhf(x)", Math.Sinh, 3),
        new("atanf(x)", Math.Atan, 2),
        new("asinf(x)", Math.Asin, 2, -1, 1),
        new("acosf(x)", Math.Acos, 2, -1, 1),
        new("cbrtf(x)", Math.Cbrt, 1),
        new("sqrtf(x)", Math.Sqrt, 0, 0),
        new("rsqrtf(x)", x => 1 / Math.Sqrt(x), 2, 0.001),
        new("powf(fabsf(x), 1.7f)", x => Math.Pow(Math.Abs(x), 1.7f), 4),
        new("fmodf(x, 0.7f)", x => x % 0.7f, 0),
        new("roundf(x)", x => Math.Round(x, MidpointRounding.AwayFromZero), 0),
        new("rintf(x)", x => Math.Round(x, MidpointRounding.ToEven), 0),
        new("truncf(x)", Math.Truncate, 0),
        new("(float)(int)x", Math.Truncate, 0),
        new("x / 3.0f", x => x / 3, 0),
        new("hypotf(x, 2.0f)", x => Math.Sqrt((x * x) + 4), 3),
    ];

    private static readonly Function[] Doubles =
    [
        new("exp(x)", Math.Exp, 2),
        new("log(x)", Math.Log, 2, 0),
        new("sin(x)", Math.Sin, 3, -1e6, 1e6),
        new("cos(x)", Math.Cos, 3, -1e6, 1e6),
        new("tanh(x)", Math.Tanh, 2),
        new("cbrt(x)", Math.Cbrt, 2),
        new("sqrt(x)", Math.Sqrt, 0, 0),
        new("x / 3.0", x => x / 3, 0),
        new("pow(fabs(x), 1.7)", x => Math.Pow(Math.Abs(x), 1.7), 3),
        new("(double)(long long)x", Math.Truncate, 0),
    ];

    [Test]
    public void Launch_OfSingleFunctionsKeepsTheirBounds() => Check<float>("float", Singles, 24, x => (float)x, x => x);

    [Test]
    public void Launch_OfDoubleFunctionsKeepsTheirBounds() => Check<double>("double", Doubles, 53, x => x, x => x);

    private static void Check<T>(string type, Function[] functions, int precision, Func<double, T> narrow, Func<T, double> widen)
        where T : unmanaged
    {
        const int Count = 512;
        string cases = string.Concat(functions.Select((function, i) => $"case {i}: y[i] = {function.Code}; break;\n"));
        using SimulatedKernel kernel = new($$"""
            extern "C" __global__ void test({{type}}* y, const {{type}}* in, int which) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              {{type}} x = in[i];
              switch (which) {
              {{cases}}
              }
            }
            """);
        List<string> wrong = [];
        for (int which = 0; which < functions.Length; which++)
        {
            Function function = functions[which];
            Random random = new(which);
            T[] inputs = [.. Enumerable.Range(0, Count).Select(_ => narrow(function.Low + (random.NextDouble() * (function.High - function.Low))))];
            nint results = kernel.Buffer(Count * sizeof(double));
            kernel.Launch(LaunchShape.Linear(Count / 128, 128), results, kernel.Buffer<T>(inputs), which);
            T[] actual = kernel.Read<T>(results, Count);
            for (int i = 0; i < Count; i++)
            {
                double expected = function.Expected(widen(inputs[i]));
                double rounded = widen(narrow(expected));

                // Where results are doubles, the reference is as good as the last place, and no better, unless it is exact.
                int steps = precision == 53 && function.Ulps > 0 ? function.Ulps + 1 : function.Ulps;
                double unit = Math.ScaleB(1, Math.Max(Math.ILogB(rounded == 0 ? 1 : rounded), -126) - precision + 1);
                if (!(Math.Abs(widen(actual[i]) - rounded) <= steps * unit))
                {
                    wrong.Add($"{function.Code} of {inputs[i]} gave {actual[i]}, not {rounded:R}");
                    break;
                }
            }
        }

        Assert.That(wrong, Is.Empty);
    }
}
