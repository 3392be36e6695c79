using System;

namespace Winnow.Kernels.Linear;

/// <summary>Matrix products with weights kept in their file's type and dequantized on the way. They come in the file's order, or in the device's own.</summary>
public interface ILinear
{
    /// <summary>
    /// Several products of one input. A row's result does not depend on how many rows there are, bit for bit.
    /// </summary>
    /// <param name="input">[rows, inputs], F32 or what <see cref="InputType"/> says of every weight.</param>
    /// <param name="projections">The weights and where the products go; no output overlaps the input.</param>
    void Project(Tensor input, params ReadOnlySpan<Projection> projections);

    /// <summary>output = activation(input * transpose(gate)) * (input * transpose(up)), elementwise product.</summary>
    /// <param name="output">[rows, outputs], F32 or what <see cref="InputType"/> says of the weight that it will be multiplied by.</param>
    /// <param name="input">[rows, inputs], F32 or what <see cref="InputType"/> says of both weights.</param>
    /// <param name="gate">[outputs, inputs], any weight type.</param>
    /// <param name="up">[outputs, inputs], any weight type.</param>
    /// <param name="activation">The function on the gate.</param>
    void ProjectGated(Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation);

    /// <summary>
    /// The type in which this device reads inputs best. Where it is not F32, products round what they are given to it anyway: who makes an input alone for them
    /// (<see cref="ProjectGated"/>, <see cref="Norm.INorm.RmsNorm"/>) can write it so, and saves memory traffic at the same bits.
    /// </summary>
    /// <param name="weight">[outputs, inputs], any weight type.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <returns>F32, F16 or BF16.</returns>
    DType InputType(Tensor weight, int rows);

    /// <summary>
    /// Puts weights, in place, into the order in which this device multiplies them quickest. Results stay the same, bit for bit. The embedding lookup of the same device reads that order, too; nothing else does.
    /// </summary>
    /// <param name="weight">[outputs, inputs], any weight type, in file order.</param>
    /// <returns>The same memory under the type that says the order (<see cref="DTypes.GroupRows"/>); <paramref name="weight"/> itself where the device has no other order for it.</returns>
    Tensor Arrange(Tensor weight);
}
