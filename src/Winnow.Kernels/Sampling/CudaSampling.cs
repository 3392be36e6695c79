using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Gpu;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// The CUDA form of the sampling family; <c>kernels/sampling</c> says what each kernel does. Rows that lie on the host are sampled there.
/// </summary>
/// <param name="context">The device.</param>
internal sealed class CudaSampling(CudaContext context) : ISampling, IDisposable
{
    private const int Threads = 1024;
    private const int ArgumentBytes = 144;

    // Of kernels/sampling/phases.cuh.
    private const int Slice = 4096;
    private const int Chunk = 128;
    private const int RowScratchBytes = 49264;
    private const int SliceStateBytes = 32;
    private const int RowSumsBytes = 16;

    private readonly KernelVariants<int> _kernels = new(context, static kernel => Describe((Kernel)kernel));
    private readonly CudaScratch _work = new(context);
    private readonly CudaScratch _rows = new(context);
    private readonly CudaScratch _slices = new(context);
    private readonly CudaScratch _chunkKeys = new(context);
    private readonly CudaScratch _logitKeys = new(context);
    private readonly CudaScratch _tickets = new(context);
    private readonly CpuSampling _host = new();

    private long _clearedBytes;

    private enum Kernel
    {
        Scan,
        Weigh,
        Finish,
        ScanRows,
        Top,
        LogSoftmax,
    }

    /// <summary>Every kernel of the family.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        foreach (Kernel kernel in Enum.GetValues<Kernel>())
        {
            yield return Describe(kernel);
        }
    }

    /// <inheritdoc/>
    public SampleResult Sample(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<TokenLogProbability> top = default) =>
        _host.Sample(logits, chain, state, sequence, position, top);

    /// <inheritdoc/>
    public void Distribution(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<float> probabilities) =>
        _host.Distribution(logits, chain, state, sequence, position, probabilities);

    /// <inheritdoc/>
    public void SampleRows(in SamplingBatch batch)
    {
        SamplingShape shape = SamplingChecks.Batch(batch);
        if (shape.Rows == 0)
        {
            return;
        }

        int parts = BlocksOfRow(shape.Rows, shape.Vocab), passes = batch.Passes == 0 ? SamplingRow.MostPasses : batch.Passes;
        long slices = (long)shape.Rows * Parts(shape.Vocab, Slice);
        long chunkBytes = (long)shape.Rows * Parts(shape.Vocab, Chunk) * sizeof(uint);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(new BatchArguments
        {
            Tokens = batch.Tokens.Address,
            LogProbabilities = batch.LogProbabilities.Address,
            Statuses = batch.Statuses.Address,
            TopTokens = AddressOf(batch.TopTokens),
            TopLogProbabilities = AddressOf(batch.TopLogProbabilities),
            Parameters = batch.Rows.Address,
            Logits = batch.Logits.Address,
            Work = _work.Get(batch.Logits.Bytes),
            History = AddressOf(batch.History),
            Biases = AddressOf(batch.Biases),
            RowScratch = _rows.Get((long)shape.Rows * RowScratchBytes),
            Slices = _slices.Get(slices * SliceStateBytes),
            ChunkKeys = _chunkKeys.Get(chunkBytes),
            LogitKeys = shape.Top > 0 ? _logitKeys.Get(chunkBytes) : 0,
            Tickets = Tickets((long)shape.Rows * sizeof(uint)),
            Vocab = shape.Vocab,
            Top = shape.Top,
            HistoryCapacity = shape.HistoryCapacity,
            Advance = batch.Advance ? 1 : 0,
            Parts = parts,
            Passes = passes,
        });
        int blocks = checked(shape.Rows * parts);
        Launch(Kernel.Scan, blocks, arguments);
        if (passes > 1)
        {
            Launch(Kernel.Weigh, blocks, arguments);
        }

        if (passes > 2)
        {
            Launch(Kernel.Finish, blocks, arguments);
        }
    }

    /// <inheritdoc/>
    public void ArgMaxRows(Tensor tokens, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        Operands.Require(tokens, DType.I32, rows);
        _ = ScanRows(tokens.Address, 0, logits, rows, vocab);
    }

    /// <inheritdoc/>
    public void TopRows(Tensor tokens, Tensor logProbabilities, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        int top = SamplingChecks.Top(tokens, logProbabilities, rows);
        nint sums = SumsOf(rows), chunkKeys = ScanRows(0, sums, logits, rows, vocab);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(tokens.Address);
        arguments.Add(logProbabilities.Address);
        arguments.Add(sums);
        arguments.Add(chunkKeys);
        arguments.Add(logits.Address);
        arguments.Add(vocab);
        arguments.Add(top);
        Launch(Kernel.Top, rows, arguments);
    }

    /// <inheritdoc/>
    public void LogSoftmaxRows(Tensor output, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        Operands.Require(output, DType.F32, logits.Shape.ElementCount);
        nint sums = SumsOf(rows);
        _ = ScanRows(0, sums, logits, rows, vocab);
        int parts = BlocksOfRow(rows, vocab, 2);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(sums);
        arguments.Add(logits.Address);
        arguments.Add(vocab);
        arguments.Add(parts);
        Launch(Kernel.LogSoftmax, checked(rows * parts), arguments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.Dispose();
        _rows.Dispose();
        _slices.Dispose();
        _chunkKeys.Dispose();
        _logitKeys.Dispose();
        _tickets.Dispose();
        _clearedBytes = 0;
    }

    private static KernelVariant Describe(Kernel kernel) => kernel switch
    {
        Kernel.Scan => new("sampling/sample.cu", "winnow_sample_scan", 0),
        Kernel.Weigh => new("sampling/sample.cu", "winnow_sample_weigh", 0),
        Kernel.Finish => new("sampling/sample.cu", "winnow_sample_finish", 0),
        Kernel.ScanRows => new("sampling/rows.cu", "winnow_scan_rows", 0),
        Kernel.Top => new("sampling/rows.cu", "winnow_top", 0),
        _ => new("sampling/rows.cu", "winnow_log_softmax", 0),
    };

    private static nint AddressOf(Tensor tensor) => tensor.IsEmpty ? 0 : tensor.Address;

    private static int Parts(int count, int part) => (count + part - 1) / part;

    // As many as multiprocessors have room for at a time; which block computes a slice has no influence.
    private int BlocksOfRow(int rows, int vocab, int atATime = 1) =>
        Math.Clamp(atATime * context.Driver.Properties.Multiprocessors / Math.Max(1, rows), 1, Parts(vocab, Slice));

    private nint SumsOf(int rows) => _rows.Get((long)rows * RowSumsBytes);

    // Returns where the best of each chunk lies.
    private nint ScanRows(nint tokens, nint sums, Tensor logits, int rows, int vocab)
    {
        int parts = BlocksOfRow(rows, vocab);
        nint chunkKeys = _chunkKeys.Get((long)rows * Parts(vocab, Chunk) * sizeof(uint));
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(tokens);
        arguments.Add(sums);
        arguments.Add(_slices.Get((long)rows * Parts(vocab, Slice) * SliceStateBytes));
        arguments.Add(chunkKeys);
        arguments.Add(Tickets((long)rows * sizeof(uint)));
        arguments.Add(logits.Address);
        arguments.Add(vocab);
        arguments.Add(parts);
        Launch(Kernel.ScanRows, checked(rows * parts), arguments);
        return chunkKeys;
    }

    private void Launch(Kernel kernel, int blocks, in ArgumentBlock arguments)
    {
        // A grid of no blocks is an error to the driver and nothing to do here.
        if (blocks > 0)
        {
            context.Launch(_kernels[(int)kernel], LaunchShape.Linear(blocks, Threads), arguments);
        }
    }

    // Kernels leave the tickets as they find them, at 0, so that no recorded step has to reset them.
    private nint Tickets(long bytes)
    {
        nint tickets = _tickets.Get(bytes);
        if (bytes > _clearedBytes)
        {
            context.Driver.Fill(tickets, 0, bytes, context.Stream);
            _clearedBytes = bytes;
        }

        return tickets;
    }

    /// <summary>SamplingBatch of kernels/sampling/sample.cu.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct BatchArguments
    {
        public required nint Tokens { get; init; }

        public required nint LogProbabilities { get; init; }

        public required nint Statuses { get; init; }

        public required nint TopTokens { get; init; }

        public required nint TopLogProbabilities { get; init; }

        public required nint Parameters { get; init; }

        public required nint Logits { get; init; }

        public required nint Work { get; init; }

        public required nint History { get; init; }

        public required nint Biases { get; init; }

        public required nint RowScratch { get; init; }

        public required nint Slices { get; init; }

        public required nint ChunkKeys { get; init; }

        public required nint LogitKeys { get; init; }

        public required nint Tickets { get; init; }

        public required int Vocab { get; init; }

        public required int Top { get; init; }

        public required int HistoryCapacity { get; init; }

        public required int Advance { get; init; }

        public required int Parts { get; init; }

        public required int Passes { get; init; }
    }
}
