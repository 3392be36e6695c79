using System;

namespace Winnow.Kernels.Linear;

/// <summary>Matrix products with weights kept in their file's type and dequantized on the way. They come in the file's order, or in the device's own.</summary>
public interface ILinear
{
    /// <summary>
    /// Several products of one input. A row's result does not depend on how many rows there are, bit for bit.
    /// </summary>
    /// <param name="input">F32 [rows, inputs].</param>
    /// <param name="projections">The weights and where the products go; no output overlaps the input.</param>
    void Project(Tensor input, params ReadOnlySpan<Projection> projections);

    /// <summary>output = activation(input * transpose(gate)) * (input * transpose(up)), elementwise product.</summary>
    /// <param name="output">F32 [rows, outputs].</param>
    /// <param name="input">F32 [rows, inputs].</param>
    /// <param name="gate">[outputs, inputs], any weight type.</param>
    /// <param name="up">[outputs, inputs], any weight type.</param>
    /// <param name="activation">The function on the gate.</param>
    void ProjectGated(Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation);

    /// <summary>
    /// Puts weights, in place, into the order in which this device multiplies them quickest. Results stay the same, bit for bit. The embedding lookup of the same device reads that order, too; nothing else does.
    /// </summary>
    /// <param name="weight">[outputs, inputs], any weight type, in file order.</param>
    /// <returns>The same memory under the type that says the order (<see cref="DTypes.GroupRows"/>); <paramref name="weight"/> itself where the device has no other order for it.</returns>
    Tensor Arrange(Tensor weight);
}
