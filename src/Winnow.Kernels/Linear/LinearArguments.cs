using System;

namespace Winnow.Kernels.Linear;

/// <summary>What the operands of a product must be; shared by all devices.</summary>
internal static class LinearArguments
{
    // Rows of rounded outputs lie on 16 bytes.
    private const int RoundedOutputs = 8;

    /// <summary>Checks one projection.</summary>
    /// <param name="input">[rows, inputs], F32 or of <paramref name="inputType"/>.</param>
    /// <param name="projection">The weight and where the product goes.</param>
    /// <param name="inputType">What the device takes besides.</param>
    public static void Check(Tensor input, in Projection projection, DType inputType = DType.F32)
    {
        CheckProduct(projection.Output, input, projection.Weight, inputType);
        RequireFloats(projection.Output);
        if (!projection.Bias.IsEmpty
            && (projection.Bias.Type != DType.F32 || projection.Bias.Shape.ElementCount != projection.Weight.Shape[0]))
        {
            Refuse($"The bias must be F32 [{projection.Weight.Shape[0]}], one for each output, and is {projection.Bias}.");
        }

        if (!projection.Residual.IsEmpty
            && (projection.Residual.Type != DType.F32 || projection.Residual.Shape != projection.Output.Shape))
        {
            Refuse($"The residual must be F32 {projection.Output.Shape} like the output and is {projection.Residual}.");
        }
    }

    /// <summary>Checks a gated product.</summary>
    /// <param name="output">[rows, outputs], F32 or rounded.</param>
    /// <param name="input">[rows, inputs], F32 or of <paramref name="inputType"/>.</param>
    /// <param name="gate">[outputs, inputs].</param>
    /// <param name="up">[outputs, inputs].</param>
    /// <param name="activation">The function on the gate.</param>
    /// <param name="inputType">What the device takes besides.</param>
    /// <param name="rounds">Whether the device rounds outputs to F16 or BF16.</param>
    public static void CheckGated(
        Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation, DType inputType = DType.F32, bool rounds = false)
    {
        CheckProduct(output, input, up, inputType);
        if (!rounds || output.Type is not (DType.F16 or DType.BF16) || output.Shape[1] % RoundedOutputs != 0)
        {
            RequireFloats(output);
        }

        if (!IsWeight(gate) || gate.Shape != up.Shape)
        {
            Refuse($"The gate must be weights {up.Shape} like the up projection and is {gate}.");
        }

        if (activation is not (Activation.Silu or Activation.GeluTanh))
        {
            Refuse($"Unknown activation {activation}; known are {nameof(Activation.Silu)} and {nameof(Activation.GeluTanh)}.");
        }
    }

    /// <summary>Checks what is to be arranged.</summary>
    /// <param name="weight">[outputs, inputs].</param>
    public static void CheckWeight(Tensor weight)
    {
        if (!IsWeight(weight))
        {
            Refuse($"The weight must be [outputs, inputs] in F32, F16, BF16 or a GGUF block type and is {weight}.");
        }

        RequireFileOrder(weight);
    }

    /// <summary>Refuses an order that the device does not read.</summary>
    /// <param name="weight">The weights.</param>
    public static void RequireFileOrder(Tensor weight)
    {
        if (weight.Type.FileOrder() != weight.Type)
        {
            Refuse($"The weight must be in file order, {weight.Type.FileOrder()}, and is {weight}; {weight.Type} is what {nameof(ILinear.Arrange)} makes for products of the device that has it.");
        }
    }

    private static void RequireFloats(Tensor output)
    {
        if (output.Type != DType.F32)
        {
            Refuse($"The output must be F32, or of a gated product what {nameof(ILinear.InputType)} says of the next one's weight, and is {output}.");
        }
    }

    private static void CheckProduct(Tensor output, Tensor input, Tensor weight, DType inputType)
    {
        if ((input.Type != DType.F32 && input.Type != inputType) || input.Shape.Rank != 2)
        {
            Refuse($"The input must be {(inputType == DType.F32 ? "F32" : $"F32 or {inputType}")} [rows, inputs] and is {input}.");
        }

        if (!IsWeight(weight) || weight.Shape[1] != input.Shape[1])
        {
            Refuse($"The weight must be [outputs, {input.Shape[1]}] in F32, F16, BF16 or a GGUF block type and is {weight}.");
        }

        if (output.Type is not (DType.F32 or DType.F16 or DType.BF16) || output.Shape != new Shape(input.Shape[0], weight.Shape[0]))
        {
            Refuse($"The output must be F32 [{input.Shape[0]}, {weight.Shape[0]}] and is {output}.");
        }

        if (output.Address < input.Address + input.Bytes && input.Address < output.Address + output.Bytes)
        {
            Refuse("The output overlaps the input; give it memory of its own.");
        }
    }

    private static bool IsWeight(Tensor weight) =>
        weight.Type is not (DType.I32 or DType.U8 or DType.I8) && weight.Shape.Rank == 2;

    private static void Refuse(string rule) => throw new ArgumentException(rule);
}
