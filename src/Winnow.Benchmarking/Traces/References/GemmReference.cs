using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Threading.Tasks;

namespace Winnow.Benchmarking.Traces.References;

/// <summary><c>gemm</c>: C[m, n] = sum over k of A[m, k] B[n, k], or B[k, n], by the names of the axes.</summary>
internal static class GemmReference
{
    /// <summary>The reference; the plain one sums floats in order.</summary>
    public static TraceReference Create() => new("matrix product in C#", Run<double>, Run<float>);

    /// <summary>Whether a definition is a product that is known, and whether it is B[n, k].</summary>
    public static bool IsKnown(TraceDefinition definition, out bool isTransposed)
    {
        isTransposed = false;
        if (definition.Inputs.Count != 2 || definition.Outputs.Count != 1 || definition.Inputs.Concat(definition.Outputs).Any(tensor => tensor.Shape?.Count != 2))
        {
            return false;
        }

        (IReadOnlyList<string> a, IReadOnlyList<string> b, IReadOnlyList<string> c) = (definition.Inputs[0].Shape!, definition.Inputs[1].Shape!, definition.Outputs[0].Shape!);
        isTransposed = b[0] == c[1] && b[1] == a[1];
        return a[0] == c[0] && (isTransposed || (b[0] == a[1] && b[1] == c[1]));
    }

    private static void Run<T>(TraceReferenceCall call)
        where T : IBinaryFloatingPointIeee754<T>
    {
        TraceDefinition definition = call.Definition;
        if (!IsKnown(definition, out bool isTransposed))
        {
            throw new NotSupportedException("of matrix products only C[m, n] of A[m, k] and B[n, k] or B[k, n] is known, without scales and groups");
        }

        IReadOnlyList<TraceTensor> inputs = definition.Inputs;
        (IReadOnlyList<string> a, IReadOnlyList<string> c) = (inputs[0].Shape!, definition.Outputs[0].Shape!);
        int rows = (int)call.Axes[c[0]];
        (int columns, int depth) = ((int)call.Axes[c[1]], (int)call.Axes[a[1]]);
        T[] left = [.. call.Inputs[inputs[0].Name].Select(T.CreateChecked)];
        T[] right = [.. call.Inputs[inputs[1].Name].Select(T.CreateChecked)];
        double[] output = call.Outputs[definition.Outputs[0].Name];
        (int columnStep, int depthStep) = isTransposed ? (depth, 1) : (1, columns);
        Parallel.For(0, rows, row =>
        {
            for (int column = 0; column < columns; column++)
            {
                T sum = T.Zero;
                for (int i = 0; i < depth; i++)
                {
                    sum += left[(row * depth) + i] * right[(column * columnStep) + (i * depthStep)];
                }

                output[(row * columns) + column] = double.CreateChecked(sum);
            }
        });
    }
}
