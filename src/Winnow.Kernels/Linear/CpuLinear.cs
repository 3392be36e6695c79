using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear;

/// <summary>
/// Products on the processor. Each result is one chain of multiply-adds over lanes of the input dimension, so that neither the number
/// of rows nor the number of threads changes a bit of it.
/// </summary>
internal sealed unsafe class CpuLinear : ILinear, IDisposable
{
    private const int OutputsPerItem = 16;
    private const long MacsWorthWaking = 64 * 1024;

    private readonly WorkerPool _workers;
    private readonly float*[] _scratch;
    private long _scratchValues;

    /// <summary>Makes the family.</summary>
    /// <param name="workers">The device's workers; they stay with the device.</param>
    public CpuLinear(WorkerPool workers)
    {
        _workers = workers;
        _scratch = new float*[workers.Size];
    }

    /// <inheritdoc/>
    public void Project(Tensor input, params ReadOnlySpan<Projection> projections)
    {
        foreach (ref readonly Projection projection in projections)
        {
            LinearArguments.Check(input, projection);
        }

        foreach (ref readonly Projection projection in projections)
        {
            Product product = Describe(input, projection.Output, projection.Weight);
            product.Bias = projection.Bias.IsEmpty ? null : (float*)projection.Bias.Address;
            product.Residual = projection.Residual.IsEmpty ? null : (float*)projection.Residual.Address;
            Run(ref product);
        }
    }

    /// <inheritdoc/>
    public void ProjectGated(Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation)
    {
        LinearArguments.CheckGated(output, input, gate, up, activation);
        Product product = Describe(input, output, up);
        product.Gate = (byte*)gate.Address;
        product.GateType = gate.Type;
        product.GateRowBytes = gate.Type.BytesOf(product.Inputs);
        product.Activation = activation;
        Run(ref product);
    }

    /// <summary>Frees the scratch memory.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _scratch.Length; i++)
        {
            NativeMemory.AlignedFree(_scratch[i]);
            _scratch[i] = null;
        }

        _scratchValues = 0;
    }

    private static Product Describe(Tensor input, Tensor output, Tensor weight) => new()
    {
        Input = (float*)input.Address,
        Output = (float*)output.Address,
        Weight = (byte*)weight.Address,
        WeightType = weight.Type,
        Rows = input.Shape[0],
        Inputs = weight.Shape[1],
        Outputs = weight.Shape[0],
        RowBytes = weight.Type.BytesOf(weight.Shape[1]),
    };

    private void Run(ref Product product)
    {
        Reserve(2 * product.Inputs);
        product.Scratch = _scratch;
        int items = checked((int)((product.Outputs + OutputsPerItem - 1) / OutputsPerItem));
        if ((double)product.Rows * product.Inputs * product.Outputs < MacsWorthWaking)
        {
            for (int item = 0; item < items; item++)
            {
                product.Execute(item, 0);
            }

            return;
        }

        _workers.Run(ref product, items);
    }

    private void Reserve(long values)
    {
        if (values <= _scratchValues)
        {
            return;
        }

        Dispose();
        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = (float*)NativeMemory.AlignedAlloc((nuint)(values * sizeof(float)), 64);
        }

        _scratchValues = values;
    }

    private struct Product : IWork
    {
        public float* Input;
        public float* Output;
        public byte* Weight;
        public byte* Gate;
        public float* Bias;
        public float* Residual;
        public float*[] Scratch;
        public DType WeightType;
        public DType GateType;
        public Activation Activation;
        public long Rows;
        public long Inputs;
        public long Outputs;
        public long RowBytes;
        public long GateRowBytes;

        public readonly void Execute(int item, int worker)
        {
            long start = (long)item * OutputsPerItem;
            long end = Math.Min(start + OutputsPerItem, Outputs);
            float* weight = Scratch[worker];
            float* gate = weight + Inputs;
            for (long output = start; output < end; output++)
            {
                RowDequantizer.Dequantize(WeightType, Weight + (output * RowBytes), Inputs, weight);
                if (Gate != null)
                {
                    RowDequantizer.Dequantize(GateType, Gate + (output * GateRowBytes), Inputs, gate);
                }

                for (long row = 0; row < Rows; row++)
                {
                    Store(row, output, Dot(Input + (row * Inputs), weight, Inputs), gate);
                }
            }
        }

        private readonly void Store(long row, long output, float sum, float* gate)
        {
            long at = (row * Outputs) + output;
            if (Gate != null)
            {
                sum *= Apply(Activation, Dot(Input + (row * Inputs), gate, Inputs));
            }

            if (Bias != null)
            {
                sum += Bias[output];
            }

            if (Residual != null)
            {
                sum += Residual[at];
            }

            Output[at] = sum;
        }

        private static float Apply(Activation activation, float x)
        {
            // 0.5 (1 + tanh(u)) is the sigmoid of 2u.
            const float TwiceRootTwoOverPi = 1.5957691f;
            float exponent = activation == Activation.Silu ? x : TwiceRootTwoOverPi * (x + (0.044715f * x * x * x));
            return x / (1 + MathF.Exp(-exponent));
        }

        private static float Dot(float* a, float* b, long count)
        {
            Vector512<float> sum = Vector512<float>.Zero;
            long i = 0;
            for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sum);
            }

            float rest = 0;
            for (; i < count; i++)
            {
                rest = MathF.FusedMultiplyAdd(a[i], b[i], rest);
            }

            return Vector512.Sum(sum) + rest;
        }
    }
}
