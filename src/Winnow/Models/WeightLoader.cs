using System;
using System.Collections.Generic;
using System.Threading;
using Winnow.Formats;
using Winnow.Kernels;

namespace Winnow.Models;

/// <summary>
/// Brings tensors from a file to a device: matrices in the type they are stored in, norms and biases as F32. Shapes are checked
/// against the configuration before anything is allocated.
/// </summary>
internal sealed class WeightLoader : IDisposable
{
    private const int PieceBytes = 4 << 20;

    private readonly TensorFile _file;
    private readonly ComputeDevice _device;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly long _totalBytes;
    private long _doneBytes;

    public WeightLoader(TensorFile file, ComputeDevice device, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        (_file, _device, _progress, _cancellation) = (file, device, progress, cancellation);
        foreach (TensorInfo tensor in file.Tensors)
        {
            _totalBytes += tensor.Bytes;
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Has(string name) => _file.TryGet(name, out _);

    /// <summary>Loads a matrix as it is stored.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="rows">Rows that the configuration asks for.</param>
    /// <param name="columns">Columns that it asks for.</param>
    public Tensor Matrix(string name, long rows, long columns)
    {
        TensorInfo info = Checked(name, rows, columns);
        Tensor tensor = Allocate(TypeOf(info), new Shape(rows, columns));
        Tensor bytes = new(tensor.Buffer, 0, DType.U8, new Shape(tensor.Bytes));
        long read = info.PeriodBytes > 0 ? Math.Min(info.PeriodBytes, info.Bytes) : info.Bytes;
        for (long done = 0; done < read; done += PieceBytes)
        {
            _cancellation.ThrowIfCancellationRequested();
            int size = (int)Math.Min(PieceBytes, read - done);
            _file.Read(info, done, _piece.AsSpan(0, size));
            _device.Upload<byte>(bytes.Rows(done, size), _piece.AsSpan(0, size));
            Report(size);
        }

        Repeat(bytes, read);
        return tensor;
    }

    /// <summary>Loads a matrix that products read, in the order in which the device multiplies.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="rows">Rows that the configuration asks for.</param>
    /// <param name="columns">Columns that it asks for.</param>
    public Tensor Weight(string name, long rows, long columns) => Arrange(Matrix(name, rows, columns));

    /// <summary>Puts a matrix, or rows of one that are multiplied for themselves, into the order in which the device multiplies.</summary>
    public Tensor Arrange(Tensor weight) => _device.Linear.Arrange(weight);

    /// <summary>Loads a vector as F32.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="length">Values that the configuration asks for.</param>
    /// <param name="add">What is added to each value: 1 for norms stored as their distance from 1.</param>
    public Tensor Vector(string name, long length, float add = 0)
    {
        _cancellation.ThrowIfCancellationRequested();
        TensorInfo info = Checked(name, length);
        float[] values = new float[length];
        _file.ReadFloats(info, 0, values);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += add;
        }

        Tensor tensor = Allocate(DType.F32, new Shape(length));
        _device.Upload<float>(tensor, values);
        Report(info.Bytes);
        return tensor;
    }

    /// <summary>As <see cref="Vector"/>, or empty where the file has none.</summary>
    public Tensor OptionalVector(string name, long length) => Has(name) ? Vector(name, length) : default;

    /// <summary>Hands the loaded buffers to their owner; disposing the loader no longer frees them.</summary>
    public DeviceBuffer[] Take()
    {
        DeviceBuffer[] buffers = [.. _buffers];
        _buffers.Clear();
        return buffers;
    }

    /// <summary>Frees what was loaded and not taken.</summary>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    // What is there is whole periods, so that all of it can follow itself: the device makes gigabytes of random weights in milliseconds.
    private void Repeat(Tensor bytes, long done)
    {
        for (; done < bytes.Bytes; done *= 2)
        {
            _cancellation.ThrowIfCancellationRequested();
            long size = Math.Min(done, bytes.Bytes - done);
            _device.Copy(bytes.Rows(done, size), bytes.Rows(0, size));
            Report(size);
        }
    }

    private Tensor Allocate(DType type, Shape shape)
    {
        Tensor tensor = _device.AllocateTensor(type, shape);
        _buffers.Add(tensor.Buffer);
        return tensor;
    }

    private TensorInfo Checked(string name, params ReadOnlySpan<long> shape)
    {
        TensorInfo info = _file.Get(name);
        bool same = info.Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
        {
            same = info.Shape[i] == shape[i];
        }

        return same ? info : throw new ModelFormatException(
            $"has shape [{string.Join(", ", info.Shape)}] where the configuration needs [{string.Join(", ", shape.ToArray())}].",
            info.Path,
            info.Offset,
            name);
    }

    private DType TypeOf(TensorInfo info) => info.Type switch
    {
        TensorType.F32 => DType.F32,
        TensorType.F16 => DType.F16,
        TensorType.BF16 => DType.BF16,
        TensorType.Q4_0 => DType.Q4_0,
        TensorType.Q4_1 => DType.Q4_1,
        TensorType.Q5_0 => DType.Q5_0,
        TensorType.Q5_1 => DType.Q5_1,
        TensorType.Q8_0 => DType.Q8_0,
        TensorType.Q4_K => DType.Q4_K,
        TensorType.Q5_K => DType.Q5_K,
        TensorType.Q6_K => DType.Q6_K,
        TensorType.IQ4_NL => DType.IQ4_NL,
        _ => throw new UnsupportedModelException(
            _file.Path,
            $"tensor '{info.Name}' is stored as {info.TypeName}, which Winnow does not compute with; convert it to F16, Q8_0, Q4_0 or a K type."),
    };

    private void Report(long bytes)
    {
        _doneBytes += bytes;
        _progress?.Report(new LoadProgress(LoadStage.Weights, _doneBytes, _totalBytes));
    }
}
