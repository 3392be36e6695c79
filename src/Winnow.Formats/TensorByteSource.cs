using System;

namespace Winnow.Formats;

/// <summary>Supplies stored bytes of a tensor that is being written; called with rising offsets, once for every byte.</summary>
/// <param name="byteOffset">The first byte wanted, from the start of the tensor.</param>
/// <param name="destination">Receives the bytes.</param>
public delegate void TensorByteSource(long byteOffset, Span<byte> destination);
