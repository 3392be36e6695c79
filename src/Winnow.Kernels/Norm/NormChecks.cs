using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>What the operands of <see cref="INorm"/> must be; shared by all devices. Contents are not read.</summary>
internal static class NormChecks
{
    /// <returns>The rows and columns of the lookup.</returns>
    public static (int Rows, int Columns) Embed(Tensor output, Tensor table, Tensor tokens)
    {
        Operands.Require(!table.IsEmpty && table.Shape.Rank == 2, $"The table must be [vocab, hidden]; it is {table}.", nameof(table));
        Operands.Require(table.Type is not (DType.I32 or DType.U8 or DType.I8), $"The table must be F32, F16, BF16 or a GGUF block type; it is {table}.", nameof(table));
        Operands.RequireType(tokens, DType.I32);
        int rows = checked((int)tokens.Shape.ElementCount);
        Operands.Require(output, DType.F32, rows * table.Shape[1]);
        return (rows, checked((int)table.Shape[1]));
    }

    /// <summary>A norm of rows. Where the device rounds, one without more to it may go to a 16-bit type.</summary>
    /// <returns>The rows and columns.</returns>
    public static (int Rows, int Columns) Rows(
        NormKind kind, Tensor output, Tensor input, Tensor weight, Tensor residual, Tensor bias, bool rounds = false)
    {
        Operands.RequireMatrix(input);
        bool isRounded = rounds && kind == NormKind.Rms && output.Type is DType.F16 or DType.BF16;
        Operands.Require(output, isRounded ? output.Type : DType.F32, input.Shape.ElementCount);
        Operands.Require(!isRounded || output.Address != input.Address, "What is rounded must have memory of its own.", nameof(output));
        Operands.Require(weight, DType.F32, input.Shape[1]);
        if (kind == NormKind.RmsOfSum)
        {
            Operands.Require(residual, DType.F32, input.Shape.ElementCount);
            Operands.Require(residual.Address != input.Address && residual.Address != output.Address, "The residual must have memory of its own.", nameof(residual));
        }

        if (!bias.IsEmpty)
        {
            Operands.Require(bias, DType.F32, input.Shape[1]);
        }

        return (checked((int)input.Shape[0]), checked((int)input.Shape[1]));
    }

    /// <returns>The tokens and the pairs of the table.</returns>
    public static (int Tokens, int Pairs) RopeTable(Tensor table, Tensor positions, Tensor inverseFrequencies)
    {
        Operands.RequireType(positions, DType.I32);
        Operands.RequireType(inverseFrequencies, DType.F32);
        int tokens = checked((int)positions.Shape.ElementCount);
        int pairs = checked((int)inverseFrequencies.Shape.ElementCount);
        Operands.Require(table, DType.F32, 2L * tokens * pairs);
        return (tokens, pairs);
    }

    /// <summary>A rotation of heads in place.</summary>
    public static void Rope(Tensor heads, int headDim, Tensor table, RopeLayout layout, Tensor normWeight)
    {
        Operands.RequireMatrix(heads);
        Operands.RequireType(table, DType.F32);
        Operands.Require(headDim > 0 && heads.Shape[1] % headDim == 0, $"Rows of {heads.Shape[1]} are no whole number of heads of {headDim}.", nameof(headDim));
        Operands.Require(table.Shape.Rank == 3 && table.Shape[0] == heads.Shape[0] && table.Shape[2] == 2, $"The table must be [{heads.Shape[0]}, rotary / 2, 2]; it is {table}.", nameof(table));
        Operands.Require(2 * table.Shape[1] <= headDim, $"{2 * table.Shape[1]} rotary dimensions do not fit heads of {headDim}.", nameof(table));
        Operands.Require(layout is RopeLayout.HalfSplit or RopeLayout.Interleaved, $"Unknown layout {layout}.", nameof(layout));
        if (!normWeight.IsEmpty)
        {
            Operands.Require(normWeight, DType.F32, headDim);
        }
    }

    /// <summary>A soft cap.</summary>
    public static void SoftCap(Tensor values, float cap)
    {
        Operands.RequireType(values, DType.F32);
        Operands.Require(cap > 0, $"The cap must be above 0, not {cap}.", nameof(cap));
    }

    /// <summary>An activation.</summary>
    public static void Activate(Tensor values, Activation activation)
    {
        Operands.RequireType(values, DType.F32);
        Operands.Require(activation is >= Activation.Silu and <= Activation.Relu, $"Unknown activation {activation}.", nameof(activation));
    }
}
