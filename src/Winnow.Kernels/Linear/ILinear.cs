using System;

namespace Winnow.Kernels.Linear;

/// <summary>Matrix products with weights kept in their file's type and dequantized on the way.</summary>
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
}
