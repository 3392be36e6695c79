using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Formats.Quantization;
using Winnow.Formats.Storage;

namespace Winnow.Formats;

/// <summary>
/// Random weights that lie nowhere: tensors of any size whose bytes are made when they are read, so that a model can be timed without its files. A
/// tensor repeats about a million normal deviates; no two rows of usual lengths are the same.
/// </summary>
public sealed class RandomTensorFile : TensorFile
{
    // A prime number of blocks, so that rows do not begin at the same place of the period.
    private const int PeriodBlocks = 4099;
    private const int PeriodBlockValues = 256;

    private RandomTensorFile(string name, IReadOnlyList<TensorInfo> tensors, ByteSource[] sources)
        : base(name, tensors, sources)
    {
    }

    /// <summary>Makes the tensors.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="tensors">The tensors, with different names.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="ArgumentException">A shape is not whole blocks of its type.</exception>
    /// <exception cref="NotSupportedException">Weights of a type cannot be made.</exception>
    public static RandomTensorFile Create(string name, IEnumerable<RandomTensor> tensors, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tensors);
        Dictionary<(TensorType Type, float Mean, float Deviation), byte[]> periods = [];
        List<TensorInfo> infos = [];
        foreach (RandomTensor tensor in tensors)
        {
            var kind = (tensor.Type, tensor.Mean, tensor.Deviation);
            if (!periods.TryGetValue(kind, out byte[]? period))
            {
                period = PeriodOf(tensor, seed);
                periods.Add(kind, period);
            }

            infos.Add(InfoOf(name, tensor, period));
        }

        return new RandomTensorFile(name, infos, [.. infos.Select(info => info.Source)]);
    }

    /// <summary>Whether weights of a type can be made.</summary>
    /// <param name="type">The type.</param>
    public static bool CanMake(TensorType type) => Quantizer.CanQuantize(type) || type is TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    private static TensorInfo InfoOf(string name, RandomTensor tensor, byte[] period)
    {
        long[] shape = [.. tensor.Shape];
        if (shape.Length == 0 || shape.Any(size => size < 1) || shape[^1] % TensorTypeInfo.BlockValues(tensor.Type) != 0)
        {
            throw new ArgumentException(
                $"'{tensor.Name}' of [{string.Join(", ", shape)}] cannot be stored as {tensor.Type}: its rows are not whole blocks of {TensorTypeInfo.BlockValues(tensor.Type)} values.",
                nameof(tensor));
        }

        long bytes = TensorTypeInfo.BytesOf(tensor.Type, shape.Aggregate(1L, (product, size) => checked(product * size)));
        return new TensorInfo(tensor.Name, tensor.Type, TensorTypeInfo.Name(tensor.Type), shape, bytes, new RepeatedByteSource(name, bytes, period), 0);
    }

    private static byte[] PeriodOf(RandomTensor tensor, int seed)
    {
        if (!CanMake(tensor.Type))
        {
            throw new NotSupportedException($"Random weights cannot be made of {tensor.Type}; choose F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K or Q6_K.");
        }

        var random = new Random(seed);
        const int Values = PeriodBlocks * PeriodBlockValues;
        byte[] period = new byte[TensorTypeInfo.BytesOf(tensor.Type, Values)];
        if (Quantizer.CanQuantize(tensor.Type))
        {
            float[] values = new float[Values];
            Fill(random, values, tensor.Mean, tensor.Deviation);
            Quantizer.Quantize(tensor.Type, values, period);
        }
        else
        {
            FillSuperBlocks(random, period, tensor.Type, tensor.Deviation);
        }

        return period;
    }

    // Normal deviates by Box and Muller.
    private static void Fill(Random random, Span<float> values, float mean, float deviation)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }
    }

    // Random bits are random weights but for the scales of a block, which the deviation decides: of d * scale * q - dmin * minimum with 6 bits of scale and
    // minimum and 4 or 5 of q, or of d * scale * (q - 32) with 8 and 6 bits, dmin being what brings the mean to 0.
    private static void FillSuperBlocks(Random random, Span<byte> period, TensorType type, float deviation)
    {
        random.NextBytes(period);
        int blockBytes = period.Length / PeriodBlocks;
        (double spread, double centre, int place) = type switch
        {
            TensorType.Q4_K => (250.0, 7.5, 0),
            TensorType.Q5_K => (500.0, 15.5, 0),
            _ => (1366.0, 0.0, blockBytes - sizeof(ushort)),
        };
        double unit = deviation / spread;
        for (int at = place; at < period.Length; at += blockBytes)
        {
            BitConverter.TryWriteBytes(period[at..], (Half)unit);
            if (centre > 0)
            {
                BitConverter.TryWriteBytes(period[(at + sizeof(ushort))..], (Half)(unit * centre));
            }
        }
    }
}
