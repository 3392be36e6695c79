using System;
using System.Runtime.InteropServices;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Linear;

/// <summary>
/// Products on the processor. Each result is one chain of multiply-adds over the input dimension in lanes, which are added up at the end,
/// so that neither the number of rows nor the number of threads changes a bit of it; block types sum whole numbers (<see cref="ByteKernel"/>). One row takes the way that widens weights in
/// registers, more rows the way over packed tiles; both do the same additions in the same order.
/// </summary>
internal sealed unsafe class CpuLinear : ILinear, IDisposable
{
    // Below this many multiply-adds waking the others costs more than it saves.
    private const double MacsWorthSharing = 96 * 1024;

    private const long MostFewRows = 2;

    // Rows are packed in chunks of this size, which bounds the scratch memory.
    private const long ChunkRows = 512;

    private readonly WorkerPool _workers;
    private readonly LinearKernel _kernel;
    private float* _packed;
    private long _packedFloats;
    private byte* _bytes;
    private long _bytesLength;
    private float* _scratch;
    private long _scratchFloats;

    /// <summary>Makes the family.</summary>
    /// <param name="workers">The device's workers; they stay with the device.</param>
    /// <param name="vectorBits">The vector width, 512, 256 or 128; null for the widest of this machine.</param>
    /// <param name="level">What products of bytes are made of; null for what goes with the width.</param>
    public CpuLinear(WorkerPool workers, int? vectorBits = null, ByteLevel? level = null)
    {
        _workers = workers;
        _kernel = LinearKernel.Create(vectorBits, level);
    }

    /// <inheritdoc/>
    public void Project(Tensor input, params ReadOnlySpan<Projection> projections)
    {
        foreach (ref readonly Projection projection in projections)
        {
            LinearArguments.Check(input, projection);
        }

        const int AtOnce = 8;
        Product* products = stackalloc Product[AtOnce];
        for (int first = 0; first < projections.Length; first += AtOnce)
        {
            int count = Math.Min(AtOnce, projections.Length - first);
            for (int i = 0; i < count; i++)
            {
                ref readonly Projection projection = ref projections[first + i];
                products[i] = Describe(input, projection.Output, projection.Weight);
                products[i].Bias = projection.Bias.IsEmpty ? null : (float*)projection.Bias.Address;
                products[i].Residual = projection.Residual.IsEmpty ? null : (float*)projection.Residual.Address;
            }

            Run((float*)input.Address, products, count);
        }
    }

    /// <inheritdoc/>
    public void ProjectGated(Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation)
    {
        LinearArguments.CheckGated(output, input, gate, up, activation);
        Product product = Describe(input, output, up);
        product.Gate = (byte*)gate.Address;
        product.GateType = gate.Type;
        product.GateRowBytes = (nint)gate.Type.BytesOf(product.Inputs);
        product.Activation = activation;
        Run((float*)input.Address, &product, 1);
    }

    /// <inheritdoc/>
    public DType InputType(Tensor weight, int rows) => DType.F32;

    /// <inheritdoc/>
    public Tensor Arrange(Tensor weight)
    {
        LinearArguments.CheckWeight(weight);
        if (RowGroups.Arranged(weight.Type) is not DType arranged || weight.Shape[0] < arranged.GroupRows() || weight.Shape[1] % arranged.BlockValues() != 0)
        {
            return weight;
        }

        if (arranged == DType.F16x8 && !FiniteHalves.AreFinite(weight))
        {
            return weight;
        }

        int groups = checked((int)(weight.Shape[0] / arranged.GroupRows()));
        nint rowBytes = (nint)weight.Type.BytesOf(weight.Shape[1]);
        ReserveScratch(((arranged.GroupRows() * rowBytes) + sizeof(float) - 1) / sizeof(float));
        var job = new ArrangeJob
        {
            Type = arranged,
            Weight = (byte*)weight.Address,
            RowBytes = rowBytes,
            Scratch = (byte*)_scratch,
            ScratchBytes = (nint)_scratchFloats * sizeof(float),
        };
        _workers.Run(ref job, groups);
        return new Tensor(weight.Buffer, weight.ByteOffset, arranged, weight.Shape);
    }

    /// <summary>Frees the scratch memory.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_packed);
        NativeMemory.AlignedFree(_bytes);
        NativeMemory.AlignedFree(_scratch);
        _packed = null;
        _bytes = null;
        _bytesLength = 0;
        _scratch = null;
        _packedFloats = 0;
        _scratchFloats = 0;
    }

    private static Product Describe(Tensor input, Tensor output, Tensor weight) => new()
    {
        Output = (float*)output.Address,
        Weight = (byte*)weight.Address,
        WeightType = weight.Type,
        Rows = input.Shape[0],
        Inputs = weight.Shape[1],
        Outputs = weight.Shape[0],
        WeightRowBytes = (nint)weight.Type.BytesOf(weight.Shape[1]),
    };

    private static float* Reserve(float* memory, ref long floats, long needed)
    {
        if (needed <= floats)
        {
            return memory;
        }

        NativeMemory.AlignedFree(memory);
        floats = 0;
        memory = (float*)NativeMemory.AlignedAlloc((nuint)(needed * sizeof(float)), 64);
        floats = needed;
        return memory;
    }

    private void Run(float* input, Product* products, int count)
    {
        long rows = products->Rows;
        long inputs = products->Inputs;
        for (long row = 0; row < rows; row += ChunkRows)
        {
            long chunk = Math.Min(ChunkRows, rows - row);
            for (int i = 0; i < count; i++)
            {
                products[i].Rows = chunk;
            }

            RunChunk(input + (row * inputs), products, count);
            for (int i = 0; i < count; i++)
            {
                products[i].Output += chunk * products[i].Outputs;
                products[i].Residual += products[i].Residual == null ? 0 : chunk * products[i].Outputs;
            }
        }
    }

    private void RunChunk(float* input, Product* products, int count)
    {
        double outputs = 0;
        for (int i = 0; i < count; i++)
        {
            outputs += products[i].Outputs;
        }

        bool shared = _workers.Size > 1 && products->Rows * products->Inputs * outputs >= MacsWorthSharing;
        bool few = IsFew(products->Rows, products->Inputs);
        (bool bytes, bool floats) = Kinds(products, count);
        ReserveAll(products->Rows, products->Inputs, few);
        var job = new LinearJob
        {
            Kernel = _kernel,
            Input = !floats ? input : few ? Pad(input, products->Inputs) : Pack(input, products->Rows, products->Inputs, shared),
            Quantized = bytes ? Quantize(input, products->Rows, products->Inputs, few, shared) : default,
            Products = products,
            Count = count,
            Few = few,
            Scratch = _scratch,
            ScratchFloats = _scratchFloats,
        };
        int items = job.Divide(shared ? _workers.Size : 1);
        if (shared)
        {
            _workers.Run(ref job, items);
            return;
        }

        for (int item = 0; item < items; item++)
        {
            job.Execute(item, 0);
        }
    }

    // Two rows are quicker one by one, the weights staying in the cache, than as half of a tile.
    private static bool IsFew(long rows, long inputs) => rows == 1 || (rows <= MostFewRows && inputs % 32 == 0);

    // Whether some weights take inputs as bytes, and whether some take floats.
    private (bool Bytes, bool Floats) Kinds(Product* products, int count)
    {
        (bool bytes, bool floats) = (false, false);
        for (int i = 0; i < count; i++)
        {
            bool takesBytes = _kernel.TakesBytes(products[i].WeightType);
            bool gateTakesBytes = products[i].Gate == null ? takesBytes : _kernel.TakesBytes(products[i].GateType);
            bytes |= takesBytes || gateTakesBytes;
            floats |= !takesBytes || !gateTakesBytes;
        }

        return (bytes, floats);
    }

    private QuantizedRows Quantize(float* input, long rows, long inputs, bool few, bool shared)
    {
        long padded = few ? rows : (rows + ByteKernel.GroupRows - 1) / ByteKernel.GroupRows * ByteKernel.GroupRows;
        long needed = QuantizedRows.BytesOf(padded, inputs);
        if (needed > _bytesLength)
        {
            NativeMemory.AlignedFree(_bytes);
            _bytesLength = 0;
            _bytes = (byte*)NativeMemory.AlignedAlloc((nuint)needed, 64);
            _bytesLength = needed;
        }

        QuantizedRows quantized = QuantizedRows.At(_bytes, padded, inputs);
        var job = new QuantizeJob { Quantized = quantized, Input = input };
        if (shared && rows > 4)
        {
            _workers.Run(ref job, checked((int)rows));
        }
        else
        {
            for (int row = 0; row < rows; row++)
            {
                job.Execute(row, 0);
            }
        }

        for (long row = rows; row < padded; row++)
        {
            quantized.Set(null, row);
        }

        return quantized;
    }

    private void ReserveAll(long rows, long inputs, bool few)
    {
        long padded = LinearKernel.Padded(inputs);
        long groups = (rows + LinearKernel.RowsPerGroup - 1) / LinearKernel.RowsPerGroup;
        _packed = Reserve(_packed, ref _packedFloats, few ? padded : groups * LinearKernel.RowsPerGroup * padded);

        ReserveScratch(_kernel.ScratchFloats(few, inputs));
    }

    // Every worker's part starts on a cache line of its own.
    private void ReserveScratch(long floats)
    {
        long needed = (floats + 31) / 16 * 16;
        if (needed > _scratchFloats)
        {
            long total = _scratchFloats * _workers.Size;
            _scratch = Reserve(_scratch, ref total, needed * _workers.Size);
            _scratchFloats = needed;
        }
    }

    // Several rows have a length that needs no padding.
    private float* Pad(float* input, long inputs)
    {
        long padded = LinearKernel.Padded(inputs);
        if (padded == inputs)
        {
            return input;
        }

        new Span<float>(_packed, checked((int)padded)).Clear();
        Buffer.MemoryCopy(input, _packed, inputs * sizeof(float), inputs * sizeof(float));
        return _packed;
    }

    private float* Pack(float* input, long rows, long inputs, bool shared)
    {
        var job = new PackJob { Kernel = _kernel, Input = input, Packed = _packed, Rows = rows, Inputs = inputs };
        int groups = (int)((rows + LinearKernel.RowsPerGroup - 1) / LinearKernel.RowsPerGroup);
        if (shared && groups > 4)
        {
            _workers.Run(ref job, groups);
            return _packed;
        }

        for (int group = 0; group < groups; group++)
        {
            job.Execute(group, 0);
        }

        return _packed;
    }
}
