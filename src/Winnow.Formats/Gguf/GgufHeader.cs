using System.Collections.Generic;

namespace Winnow.Formats.Gguf;

/// <summary>What one GGUF file says before its tensor data.</summary>
internal sealed record GgufHeader(int Version, GgufMetadata Metadata, List<TensorInfo> Tensors, int Alignment);
