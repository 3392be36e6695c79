namespace Winnow;

/// <summary>What loading a model is busy with.</summary>
public enum LoadStage
{
    /// <summary>Opening files, reading the configuration and the tokenizer.</summary>
    Opening,

    /// <summary>Bringing weights to the device.</summary>
    Weights,

    /// <summary>Allocating the KV cache and the workspace.</summary>
    Allocating,

    /// <summary>Done.</summary>
    Ready,

    /// <summary>Compiling kernels that no cache has yet, on devices that have kernels; before <see cref="Ready"/>.</summary>
    Compiling,
}
