using Winnow.Gpu;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>Norms, rotary embedding, activations and the embedding lookup on a GPU; <c>kernels/norm</c> holds the kernels.</summary>
/// <param name="context">The device.</param>
internal sealed partial class CudaNorm(CudaContext context) : INorm
{
    private const int GroupValues = 4;
    private const int FunctionThreads = 256;
    private const int SoftCapFunction = 4;

    private readonly KernelVariants<RowKey> _rows = new(context, Describe);
    private readonly KernelVariants<FunctionKey> _functions = new(context, Describe);
    private readonly KernelVariants<EmbedKey> _embeds = new(context, Describe);

    /// <inheritdoc/>
    public void Embed(Tensor output, Tensor table, Tensor tokens, float scale)
    {
        (int rows, int columns) = NormChecks.Embed(output, table, tokens);
        LinearArguments.RequireFileOrder(table);
        if (rows == 0)
        {
            return;
        }

        bool aligned = columns % GroupValues == 0 && Aligned(output, table);
        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(output.Address);
        arguments.Add(table.Address);
        arguments.Add(tokens.Address);
        arguments.Add(columns);
        arguments.Add(table.Type.BytesOf(columns));
        arguments.Add(table.Shape[0]);
        arguments.Add(scale);
        var shape = new LaunchShape(rows, Blocks(columns, GroupValues * FunctionThreads), 1, FunctionThreads);
        context.Launch(_embeds[new EmbedKey(table.Type, aligned)], shape, arguments);
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor output, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.Rms, output, input, weight, epsilon);

    /// <inheritdoc/>
    public void AddRmsNorm(Tensor residual, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.RmsAdded, residual, input, weight, epsilon);

    /// <inheritdoc/>
    public void AddThenRmsNorm(Tensor output, Tensor residual, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.RmsOfSum, output, input, weight, epsilon, residual: residual);

    /// <inheritdoc/>
    public void LayerNorm(Tensor output, Tensor input, Tensor weight, Tensor bias, float epsilon) =>
        Normalize(NormKind.Layer, output, input, weight, epsilon, bias: bias);

    /// <inheritdoc/>
    public void SoftCap(Tensor values, float cap)
    {
        NormChecks.SoftCap(values, cap);
        Apply(values, SoftCapFunction, cap);
    }

    /// <inheritdoc/>
    public void Activate(Tensor values, Activation activation)
    {
        NormChecks.Activate(values, activation);
        Apply(values, (int)activation, 0);
    }

    private static bool Aligned(Tensor a, Tensor b = default, Tensor c = default, Tensor d = default, Tensor e = default) =>
        ((Address(a) | Address(b) | Address(c) | Address(d) | Address(e)) & 15) == 0;

    private static nint Address(Tensor tensor) => tensor.IsEmpty ? 0 : tensor.Address;

    private static int Blocks(long items, int perBlock) => checked((int)((items + perBlock - 1) / perBlock));

    private void Normalize(NormKind kind, Tensor output, Tensor input, Tensor weight, float epsilon, Tensor residual = default, Tensor bias = default)
    {
        (int rows, int columns) = NormChecks.Rows(kind, output, input, weight, residual, bias, rounds: true);
        if (rows == 0)
        {
            return;
        }

        bool aligned = columns % GroupValues == 0 && Aligned(output, input, weight, residual, bias);
        RowKey key = RowKey.For(kind, columns, aligned, !bias.IsEmpty) with { Output = output.Type };
        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(output.Address);
        arguments.Add(Address(residual));
        arguments.Add(input.Address);
        arguments.Add(weight.Address);
        arguments.Add(Address(bias));
        arguments.Add(epsilon);
        arguments.Add(columns);
        context.Launch(_rows[key], LaunchShape.Linear(rows, key.Threads), arguments);
    }

    private void Apply(Tensor values, int function, float cap)
    {
        long count = values.Shape.ElementCount;
        if (count == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(values.Address);
        arguments.Add(count);
        arguments.Add(cap);
        var shape = LaunchShape.Linear(Blocks(count, GroupValues * FunctionThreads), FunctionThreads);
        context.Launch(_functions[new FunctionKey(function, Aligned(values))], shape, arguments);
    }
}
