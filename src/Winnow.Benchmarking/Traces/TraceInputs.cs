using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Winnow.Benchmarking.Descriptions;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// Makes the inputs of a workload. Random ones are those of the schema's own harness in kind: normal floats (of 8 bits: cut off at -2 and 2), integers of -1024 to 1023 (of 8 bits: all), and
/// <c>probs</c> of sampling sum to 1; each follows from seed, workload and name alone.
/// </summary>
internal static class TraceInputs
{
    private const int Piece = 1 << 16;

    /// <summary>Makes all inputs.</summary>
    /// <param name="problem">The workload.</param>
    /// <param name="root">The folder that paths are relative to.</param>
    /// <param name="seed">What random ones are drawn from.</param>
    /// <exception cref="TraceFormatException">A file or a value does not fit.</exception>
    public static Dictionary<string, TraceTensorData> Make(TraceCase problem, string root, int seed) =>
        problem.Definition.Inputs.ToDictionary(input => input.Name, input => Make(problem, input, root, seed), StringComparer.Ordinal);

    private static TraceTensorData Make(TraceCase problem, TraceTensor tensor, string root, int seed)
    {
        ElementType type = tensor.DType.Element()!.Value;
        TraceInput input = problem.Trace.Workload.Inputs[tensor.Name];
        byte[] bytes = new byte[problem.ElementsOf(tensor) * type.Bytes()];
        var data = new TraceTensorData(tensor, problem.ShapeOf(tensor), bytes);
        switch (input.Kind)
        {
            case TraceInputKind.Scalar:
                Fill(problem, tensor, type, input.Value, bytes);
                break;
            case TraceInputKind.Safetensors:
                Load(problem, tensor, input, root, bytes);
                break;
            default:
                Draw(problem, tensor, type, seed, data);
                break;
        }

        return data;
    }

    private static void Fill(TraceCase problem, TraceTensor tensor, ElementType type, string text, byte[] bytes)
    {
        string field = $"inputs.{tensor.Name}.value";
        if (tensor.Shape is { Count: > 0 })
        {
            throw problem.Problem(field, $"'{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}], and one number is no tensor: say random or safetensors.");
        }

        double value = text switch { "true" => 1, "false" => 0, _ => double.Parse(text, CultureInfo.InvariantCulture) };
        (double least, double most) = tensor.DType == TraceDType.Bool ? (0, 1) : type.Range();
        if (!type.IsFloat() && (value != Math.Floor(value) || value < least || value > most))
        {
            throw problem.Problem(field, $"{text} is no {tensor.DType.NameOf()}.");
        }

        type.Write(bytes, value);
    }

    private static void Load(TraceCase problem, TraceTensor tensor, TraceInput input, string root, byte[] bytes)
    {
        string path = Path.Combine(root, input.Path);
        string field = $"inputs.{tensor.Name}.";
        if (!File.Exists(path))
        {
            throw problem.Problem(field + "path", $"{path}: there is no such file. Published data sets keep them apart, in a blob folder that has to be downloaded, too.");
        }

        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            if (!file.TryGet(input.TensorKey, out TensorInfo? info))
            {
                throw problem.Problem(field + "tensor_key", $"{path} has no tensor '{input.TensorKey}'; it has {string.Join(", ", file.Tensors.Take(20).Select(other => other.Name))}.");
            }

            long[] shape = problem.ShapeOf(tensor);
            if (info.Type != tensor.DType.Stored() || !info.Shape.SequenceEqual(shape))
            {
                throw problem.Problem(field + "tensor_key", $"{path} has {info}, and {tensor.DType.NameOf()} [{string.Join(", ", shape)}] is wanted.");
            }

            file.Read(info, 0, bytes);
        }
        catch (ModelFormatException exception)
        {
            throw problem.Problem(field + "path", exception.Message);
        }
    }

    private static void Draw(TraceCase problem, TraceTensor tensor, ElementType type, int seed, TraceTensorData data)
    {
        ulong key = ArgumentValues.SeedOf(string.Create(CultureInfo.InvariantCulture, $"{problem.Trace.Workload.Uuid}/{tensor.Name}/{seed}"));
        byte[] bytes = data.Buffer;
        int size = type.Bytes();
        int count = data.Elements;
        Parallel.For(0, (count + Piece - 1) / Piece, piece =>
        {
            for (int i = piece * Piece; i < Math.Min(count, (piece + 1) * Piece); i++)
            {
                type.Write(bytes.AsSpan(i * size), Value(tensor.DType, key, (ulong)i));
            }
        });
        if (problem.Definition.OpType == "sampling" && tensor.Name == "probs" && type.IsFloat() && tensor.Shape is { Count: > 0 })
        {
            Softmax(data);
        }
    }

    private static double Value(TraceDType type, ulong key, ulong index) => type switch
    {
        TraceDType.Bool => Math.Floor(2 * ArgumentValues.UnitNumber(key, index)),
        TraceDType.Int8 => Math.Floor(256 * ArgumentValues.UnitNumber(key, index)) - 128,
        TraceDType.Int16 or TraceDType.Int32 or TraceDType.Int64 => Math.Floor(2048 * ArgumentValues.UnitNumber(key, index)) - 1024,
        TraceDType.Float8E4M3 or TraceDType.Float8E5M2 => Math.Clamp(ArgumentValues.NormalNumber(key, index), -2, 2),
        _ => ArgumentValues.NormalNumber(key, index),
    };

    private static void Softmax(TraceTensorData data)
    {
        double[] values = data.ToDoubles();
        int width = (int)data.Shape[^1];
        for (int row = 0; row + width <= values.Length && width > 0; row += width)
        {
            Span<double> line = values.AsSpan(row, width);
            double sum = 0;
            for (int i = 0; i < width; i++)
            {
                line[i] = Math.Exp(line[i]);
                sum += line[i];
            }

            for (int i = 0; i < width; i++)
            {
                line[i] /= sum;
            }
        }

        data.Write(values);
    }
}
