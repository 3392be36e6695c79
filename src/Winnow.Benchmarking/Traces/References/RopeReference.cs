using System;
using System.Linq;
using System.Numerics;
using System.Threading.Tasks;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>rope_with_cos_sin_cache_neox_style_*</c> and <c>rope_with_cos_sin_cache_gptj_style_*</c>: the first numbers of a head are turned in pairs by the angles of the
/// token's position, of which a cache holds all cosines, then all sines; the rest stays. A pair are a number and the one half the turned part further, or neighbours.
/// </summary>
internal static class RopeReference
{
    private static readonly string[] Inputs = ["cos_sin_cache", "k", "positions", "q"];

    /// <summary>The reference; the plain one computes with floats.</summary>
    public static TraceReference Create() => new("rotary positions in C#", Run<double>, Run<float>);

    private static void Run<T>(TraceReferenceCall call)
        where T : IBinaryFloatingPointIeee754<T>
    {
        bool isHalves = call.Definition.Name.StartsWith("rope_with_cos_sin_cache_neox_style", StringComparison.Ordinal);
        bool isNeighbours = call.Definition.Name.StartsWith("rope_with_cos_sin_cache_gptj_style", StringComparison.Ordinal);
        if ((!isHalves && !isNeighbours) || !call.Inputs.Keys.Order(StringComparer.Ordinal).SequenceEqual(Inputs)
            || !call.Outputs.Keys.Order(StringComparer.Ordinal).SequenceEqual(["k_out", "q_out"]) || !HasShapes(call))
        {
            throw new NotSupportedException("of rotary positions only rope_with_cos_sin_cache_neox_style_* and rope_with_cos_sin_cache_gptj_style_* are known, with the inputs of published ones");
        }

        long[] cache = ShapeOf(call, "cos_sin_cache");
        if (Array.FindIndex(call.Inputs["positions"], position => position < 0 || position >= cache[0]) is >= 0 and int wrong)
        {
            throw new ArgumentException($"positions[{wrong}] is {call.Inputs["positions"][wrong]}, and cos_sin_cache has {cache[0]}; random numbers make no positions, take them from a safetensors file");
        }

        foreach (string name in new[] { "q", "k" })
        {
            Turn<T>(call, name, (int)cache[1] / 2, isHalves);
        }
    }

    private static bool HasShapes(TraceReferenceCall call)
    {
        (long[] queries, long[] keys, long[] cache, long[] positions) = (ShapeOf(call, "q"), ShapeOf(call, "k"), ShapeOf(call, "cos_sin_cache"), ShapeOf(call, "positions"));
        return queries.Length == 3 && keys.Length == 3 && cache.Length == 2 && positions.Length == 1 && queries[0] == positions[0] && keys[0] == positions[0]
            && cache[1] % 2 == 0 && cache[1] <= queries[2] && cache[1] <= keys[2]
            && call.Outputs["q_out"].Length == call.Inputs["q"].Length && call.Outputs["k_out"].Length == call.Inputs["k"].Length;
    }

    private static long[] ShapeOf(TraceReferenceCall call, string input) => [.. (call.Definition.Inputs.First(tensor => tensor.Name == input).Shape ?? []).Select(axis => call.Axes[axis])];

    private static void Turn<T>(TraceReferenceCall call, string name, int pairs, bool isHalves)
        where T : IBinaryFloatingPointIeee754<T>
    {
        (double[] input, double[] output, double[] cache, double[] positions) = (call.Inputs[name], call.Outputs[name + "_out"], call.Inputs["cos_sin_cache"], call.Inputs["positions"]);
        long[] shape = ShapeOf(call, name);
        input.CopyTo(output, 0);
        Parallel.For(0, (int)(shape[0] * shape[1]), head =>
        {
            int angles = (int)positions[head / (int)shape[1]] * pairs * 2;
            for (int i = 0; i < pairs; i++)
            {
                int first = (head * (int)shape[2]) + (isHalves ? i : 2 * i);
                int second = first + (isHalves ? pairs : 1);
                (T x, T y) = (T.CreateChecked(input[first]), T.CreateChecked(input[second]));
                (T cosine, T sine) = (T.CreateChecked(cache[angles + i]), T.CreateChecked(cache[angles + pairs + i]));
                output[first] = double.CreateChecked((x * cosine) - (y * sine));
                output[second] = double.CreateChecked((y * cosine) + (x * sine));
            }
        });
    }
}
