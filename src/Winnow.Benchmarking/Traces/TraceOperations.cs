using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Traces.References;
using Winnow.Kernels;
using Winnow.Kernels.Linear;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// Winnow's own operations on the processor as solutions: <c>winnow_cpu_rms_norm</c> and <c>winnow_cpu_linear</c>. Their activations are 32-bit floats: what a
/// definition has in another type is converted, and that is part of their times.
/// </summary>
/// <param name="threads">Threads; null for one for each core.</param>
public sealed class TraceOperations(int? threads = null) : IDisposable
{
    private readonly CpuDevice _device = new(threads);

    /// <summary>Those that solve some of the definitions.</summary>
    /// <param name="definitions">The definitions.</param>
    public IReadOnlyList<TraceOperation> For(IEnumerable<TraceDefinition> definitions) =>
        [.. definitions.Select(For).OfType<TraceOperation>()];

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private TraceOperation? For(TraceDefinition definition)
    {
        if (NormReference.HiddenOf(definition) is { } hidden && NormReference.EpsilonOf(definition, []) is not null)
        {
            return new TraceOperation($"winnow_cpu_rms_norm_{definition.Name}", definition.Name, operands => RmsNorm(operands, hidden));
        }

        return definition.OpType == "gemm" && GemmReference.IsKnown(definition, out bool isTransposed) && isTransposed && WeightType(definition.Inputs[1]) is not null
            ? new TraceOperation($"winnow_cpu_linear_{definition.Name}", definition.Name, Linear)
            : null;
    }

    private void RmsNorm(TraceOperands operands, string hidden)
    {
        TraceTensorData output = operands.Outputs.Values.Single();
        long columns = operands.Inputs["weight"].Elements;
        using var tensors = new Tensors(_device);
        Tensor input = tensors.Floats(operands.Inputs[hidden], columns);
        Tensor result = tensors.Empty(output.Elements / columns, columns);
        double epsilon = NormReference.EpsilonOf(operands.Definition, operands.Inputs.Where(pair => pair.Key == "eps").Select(pair => pair.Value.ToDoubles()[0]))!.Value;
        if (operands.Inputs.TryGetValue("residual", out TraceTensorData? residual))
        {
            _device.Norm.AddThenRmsNorm(result, tensors.Floats(residual, columns), input, tensors.Floats(operands.Inputs["weight"], null), (float)epsilon);
        }
        else
        {
            _device.Norm.RmsNorm(result, input, tensors.Floats(operands.Inputs["weight"], null), (float)epsilon);
        }

        tensors.Store(result, output);
    }

    private void Linear(TraceOperands operands)
    {
        (TraceTensor left, TraceTensor right) = (operands.Definition.Inputs[0], operands.Definition.Inputs[1]);
        TraceTensorData output = operands.Outputs.Values.Single();
        (long rows, long columns) = (output.Shape[0], output.Shape[1]);
        long depth = operands.Inputs[left.Name].Shape[1];
        using var tensors = new Tensors(_device);
        Tensor weight = tensors.Bytes(operands.Inputs[right.Name], WeightType(right)!.Value, columns, depth);
        Tensor result = tensors.Empty(rows, columns);
        _device.Linear.Project(tensors.Floats(operands.Inputs[left.Name], depth), new Projection { Weight = weight, Output = result });
        tensors.Store(result, output);
    }

    private static DType? WeightType(TraceTensor tensor) => tensor.DType switch
    {
        TraceDType.Float32 => DType.F32,
        TraceDType.Float16 => DType.F16,
        TraceDType.BFloat16 => DType.BF16,
        _ => null,
    };

    /// <summary>Memory of one call.</summary>
    private sealed class Tensors(CpuDevice device) : IDisposable
    {
        private readonly List<Tensor> _owned = [];

        public Tensor Floats(TraceTensorData data, long? columns)
        {
            Tensor tensor = columns is { } width ? Empty(data.Elements / width, width) : Add(device.AllocateTensor(DType.F32, new Shape(data.Elements)));
            device.Upload<float>(tensor, data.DType == TraceDType.Float32 ? data.As<float>() : Array.ConvertAll(data.ToDoubles(), value => (float)value));
            return tensor;
        }

        public Tensor Bytes(TraceTensorData data, DType type, long rows, long columns)
        {
            Tensor tensor = Add(device.AllocateTensor(type, new Shape(rows, columns)));
            device.Upload<byte>(tensor, data.Bytes);
            return tensor;
        }

        public Tensor Empty(long rows, long columns) => Add(device.AllocateTensor(DType.F32, new Shape(rows, columns)));

        public void Store(Tensor result, TraceTensorData output)
        {
            float[] values = new float[output.Elements];
            device.Download<float>(result, values);
            output.Write(Array.ConvertAll(values, value => (double)value));
        }

        public void Dispose() => _owned.ForEach(tensor => tensor.Release());

        private Tensor Add(Tensor tensor)
        {
            _owned.Add(tensor);
            return tensor;
        }
    }
}
