using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>rmsnorm_*</c> and <c>fused_add_rmsnorm_*</c>: y = x / sqrt(mean(x^2) + eps) * weight over the last axis, where x is the hidden state, plus the residual if
/// there is one. Epsilon is the input <c>eps</c>, or what the definition's Python sets <c>EPS</c> to.
/// </summary>
internal static partial class NormReference
{
    /// <summary>The reference.</summary>
    public static TraceReference Create() => new("RMS norm in C#", call => Run<double>(call, null), call => Run<float>(call, call.Definition.Outputs[0].DType.Element()));

    /// <summary>The input that is normalized; null where the definition is no norm that is known.</summary>
    public static string? HiddenOf(TraceDefinition definition)
    {
        string[] names = [.. definition.Inputs.Select(input => input.Name)];
        string[] hidden = [.. names.Except(["weight", "residual", "eps"])];
        bool isNamed = definition.Name.StartsWith("rmsnorm", StringComparison.Ordinal) || definition.Name.StartsWith("fused_add_rmsnorm", StringComparison.Ordinal);
        return isNamed && hidden.Length == 1 && names.Contains("weight") && definition.Outputs.Count == 1 ? hidden[0] : null;
    }

    /// <summary>Epsilon; null where nothing says what it is.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="given">The value of its input, if it has one.</param>
    public static double? EpsilonOf(TraceDefinition definition, IEnumerable<double> given)
    {
        Match match = Epsilon().Match(definition.Reference);
        return given.Cast<double?>().FirstOrDefault() ?? (match.Success ? double.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture) : null);
    }

    /// <summary>Computes rows.</summary>
    /// <param name="call">The values.</param>
    /// <param name="stage">What is rounded between the two products, as a plain computation in the type does; null for nothing.</param>
    private static void Run<T>(TraceReferenceCall call, ElementType? stage)
        where T : IBinaryFloatingPointIeee754<T>
    {
        TraceDefinition definition = call.Definition;
        string hidden = HiddenOf(definition)
            ?? throw new NotSupportedException("of norms only rmsnorm_* and fused_add_rmsnorm_* are known, with one hidden state, weight and one output");
        double[] x = call.Inputs[hidden];
        double[]? residual = call.Inputs.TryGetValue("residual", out double[]? given) ? given : null;
        double[] weight = call.Inputs["weight"];
        double[] output = call.Outputs[definition.Outputs[0].Name];
        T epsilon = T.CreateChecked(EpsilonOf(definition, call.Inputs.Where(input => input.Key == "eps").Select(input => input.Value[0]))
            ?? throw new NotSupportedException("neither an input eps nor a line 'EPS = ...' in the definition's Python says what epsilon is; it is not known"));
        int width = weight.Length;
        Parallel.For(0, width == 0 ? 0 : output.Length / width, row =>
        {
            T[] line = new T[width];
            T sum = T.Zero;
            for (int i = 0; i < width; i++)
            {
                int at = (row * width) + i;
                line[i] = T.CreateChecked(x[at]) + (residual is null ? T.Zero : T.CreateChecked(residual[at]));
                sum += line[i] * line[i];
            }

            T scale = T.One / T.Sqrt((sum / T.CreateChecked(width)) + epsilon);
            for (int i = 0; i < width; i++)
            {
                output[(row * width) + i] = double.CreateChecked(Stages.Keep(line[i] * scale, stage) * T.CreateChecked(weight[i]));
            }
        });
    }

    [GeneratedRegex(@"^\s*EPS\s*=\s*(?<value>[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Epsilon();
}
