using System;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Linear;

/// <summary>Turns weights of any type into floats. Every value is exact, or rounded once where a block type subtracts a minimum.</summary>
internal static unsafe class RowDequantizer
{
    private static readonly LinearKernel Kernel = LinearKernel.Create();

    /// <summary>Writes a row of a matrix in whatever order.</summary>
    /// <param name="matrix">[rows, columns], any weight type.</param>
    /// <param name="row">Which row.</param>
    /// <param name="output">F32 [columns].</param>
    public static void Dequantize(Tensor matrix, long row, float* output)
    {
        DType type = matrix.Type.FileOrder();
        long columns = matrix.Shape[1];
        nint rowBytes = (nint)type.BytesOf(columns);
        int inGroup = (int)(row % matrix.Type.GroupRows());
        byte* start = (byte*)matrix.Address + ((nint)(row - inGroup) * rowBytes);
        if (type == matrix.Type || row - inGroup + matrix.Type.GroupRows() > matrix.Shape[0])
        {
            Dequantize(type, start + (inGroup * rowBytes), columns, output);
            return;
        }

        const int MostValues = 1024;
        byte* piece = stackalloc byte[MostValues * sizeof(float)];
        for (long done = 0; done < columns; done += MostValues, output += MostValues)
        {
            long values = Math.Min(MostValues, columns - done);
            RowGroups.TakeRow(matrix.Type, start + ((nint)type.BytesOf(done) * matrix.Type.GroupRows()), inGroup, values / matrix.Type.BlockValues(), piece);
            Dequantize(type, piece, values, output);
        }
    }

    /// <summary>Writes <paramref name="values"/> floats.</summary>
    /// <param name="type">The element type of the row.</param>
    /// <param name="row">The first block.</param>
    /// <param name="values">How many values; whole blocks.</param>
    /// <param name="output">Where the floats go.</param>
    public static void Dequantize(DType type, byte* row, long values, float* output) => Dequantize(Kernel, type, row, values, output);

    /// <summary>As <see cref="Dequantize(DType, byte*, long, float*)"/> in a vector width of choice.</summary>
    /// <param name="kernel">The kernels of a width.</param>
    /// <param name="type">The element type of the row.</param>
    /// <param name="row">The first block.</param>
    /// <param name="values">How many values; whole blocks.</param>
    /// <param name="output">Where the floats go.</param>
    public static void Dequantize(LinearKernel kernel, DType type, byte* row, long values, float* output)
    {
        if (type is DType.I32 or DType.U8 or DType.I8)
        {
            throw new ArgumentException($"Weights cannot be {type}; they are F32, F16, BF16 or a GGUF block type.", nameof(type));
        }

        long whole = values / 32 * 32;
        kernel.Decode(type, row, whole, output);
        int rest = (int)(values - whole);
        if (rest > 0)
        {
            // Only plain numbers come in such lengths.
            byte* source = stackalloc byte[32 * sizeof(float)];
            float* widened = stackalloc float[32];
            int bytes = rest * type.BlockBytes();
            new Span<byte>(row + (whole * type.BlockBytes()), bytes).CopyTo(new Span<byte>(source, bytes));
            kernel.Decode(type, source, 32, widened);
            new Span<float>(widened, rest).CopyTo(new Span<float>(output + whole, rest));
        }
    }
}
