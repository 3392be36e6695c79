using System;

namespace Winnow.Formats;

/// <summary>Supplies values of a tensor that is being written; called with rising offsets, once for every value.</summary>
/// <param name="elementOffset">The first value wanted, in row-major order.</param>
/// <param name="destination">Receives the values.</param>
public delegate void TensorFloatSource(long elementOffset, Span<float> destination);
