using System.Collections.Generic;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The kernels of one vector width.</summary>
internal abstract unsafe class LinearKernel
{
    /// <summary>Input rows that are packed together.</summary>
    public const int RowsPerGroup = 4;

    /// <summary>Outputs of one work item over many rows.</summary>
    public const int PanelOutputs = 48;

    /// <summary>Floats in a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>The kernels of those types whose products are of bytes.</summary>
    protected IReadOnlyDictionary<DType, ByteKernel> OfBytes { get; private init; } = new Dictionary<DType, ByteKernel>();

    /// <summary>Whether halves that are known to be finite are multiplied as <see cref="FiniteHalves"/>.</summary>
    protected bool TakesFiniteHalves { get; private init; }

    /// <summary>The kernels of a width.</summary>
    /// <param name="bits">
    /// 512, 256 or 128; null for the widest that this machine has. The narrower also do without AVX-VNNI and AVX2, and a chosen one multiplies <see cref="FiniteHalves"/> wherever it runs.
    /// </param>
    /// <param name="level">What products of bytes are made of; null for what goes with the width.</param>
    public static LinearKernel Create(int? bits = null, ByteLevel? level = null)
    {
        bool finite = bits is not null || FiniteHalves.AreQuick;
        int chosen = bits ?? (Lanes512.IsSupported ? 512 : Lanes256.IsSupported ? 256 : 128);
        return chosen switch
        {
            512 => new LinearKernelOfWidth<Lanes512, Vector512<float>> { TakesFiniteHalves = finite, OfBytes = ByteKernel.Create(level) },
            256 => new LinearKernelOfWidth<Lanes256, Vector256<float>> { TakesFiniteHalves = finite, OfBytes = ByteKernel.Create(level ?? (bits is null ? null : ByteLevel.Avx2)) },
            _ => new LinearKernelOfWidth<Lanes128, Vector128<float>> { TakesFiniteHalves = finite, OfBytes = ByteKernel.Create(level ?? ByteLevel.Plain) },
        };
    }

    /// <summary>Whether products with weights of a type are of bytes: inputs are then <see cref="QuantizedRows"/>.</summary>
    public bool TakesBytes(DType type) => OfBytes.ContainsKey(type.FileOrder());

    /// <summary>A row's length when filled up with zeros.</summary>
    /// <param name="inputs">The row's length.</param>
    public static long Padded(long inputs) => (inputs + 31) / 32 * 32;

    /// <summary>Floats of scratch that one worker needs.</summary>
    /// <param name="few">For <see cref="Few"/>, not for <see cref="Many"/>.</param>
    /// <param name="inputs">Input columns.</param>
    public abstract long ScratchFloats(bool few, long inputs);

    /// <summary>Interleaves four input rows for <see cref="Many"/>, filling up with zeros.</summary>
    /// <param name="input">F32 [rows, inputs].</param>
    /// <param name="rows">Input rows.</param>
    /// <param name="inputs">Input columns.</param>
    /// <param name="group">Which four.</param>
    /// <param name="packed">All groups' [padded / Lanes, 4, Lanes].</param>
    public abstract void Pack(float* input, long rows, long inputs, long group, float* packed);

    /// <summary>Outputs <paramref name="start"/> to <paramref name="end"/> - 1 of a product with a row or a few, each multiplied for itself.</summary>
    /// <param name="product">The product.</param>
    /// <param name="x">The input: one row padded with zeros to a multiple of 32, or several of such a length.</param>
    /// <param name="quantized">The same, where some weights take bytes.</param>
    /// <param name="start">The first output.</param>
    /// <param name="end">One past the last output.</param>
    /// <param name="scratch">The worker's own memory.</param>
    public abstract void Few(in Product product, float* x, in QuantizedRows quantized, long start, long end, float* scratch);

    /// <summary>Outputs <paramref name="start"/> to <paramref name="end"/> - 1, at most <see cref="PanelOutputs"/>, of all rows.</summary>
    /// <param name="product">The product.</param>
    /// <param name="packed">What <see cref="Pack"/> wrote.</param>
    /// <param name="quantized">The rows, filled up with zeros to a multiple of four, where some weights take bytes.</param>
    /// <param name="start">The first output.</param>
    /// <param name="end">One past the last output.</param>
    /// <param name="scratch">The worker's own memory.</param>
    public abstract void Many(in Product product, float* packed, in QuantizedRows quantized, long start, long end, float* scratch);

    /// <summary>Widens whole blocks of weights; plain numbers in units of 32.</summary>
    /// <param name="type">The weight type.</param>
    /// <param name="source">The first block.</param>
    /// <param name="values">How many values.</param>
    /// <param name="output">Where the floats go.</param>
    public abstract void Decode(DType type, byte* source, long values, float* output);
}
